#!/usr/bin/env python3
"""Makes the archive of one platform out of its finished program, or tells the checksums of finished files.

    python3 packaging/archive.py pack --out FOLDER linux-x64=PATH …
    python3 packaging/archive.py sums FOLDER        writes FOLDER/SHA256SUMS

The same program gives the same archive, byte for byte: times and owners are left out.
"""

import argparse
import gzip
import hashlib
import io
import sys
import tarfile
import zipfile
from pathlib import Path

from project import ROOT, archive, binaries, platform, project

BESIDE = ["LICENSE", "README.md", "CHANGELOG.md"]
EPOCH = (1980, 1, 1, 0, 0, 0)
SUMS = "SHA256SUMS"


def contents(name: str, program: Path) -> list[tuple[str, bytes, int]]:
    """The files of an archive: name, bytes, mode."""
    found = [(platform(name)["program"], program.read_bytes(), 0o755)]
    return found + [(file, (ROOT / file).read_bytes(), 0o644) for file in BESIDE]


def as_tar(name: str, program: Path) -> bytes:
    """The archive for systems with tar."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for file, data, mode in contents(name, program):
            entry = tarfile.TarInfo(file)
            entry.size, entry.mode = len(data), mode
            tar.addfile(entry, io.BytesIO(data))
    # The highest level takes three times as long for one part in a hundred.
    return gzip.compress(plain.getvalue(), compresslevel=6, mtime=0)


def as_zip(name: str, program: Path) -> bytes:
    """The archive for Windows."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as zipped:
        for file, data, mode in contents(name, program):
            entry = zipfile.ZipInfo(file, EPOCH)
            entry.external_attr, entry.compress_type = mode << 16, zipfile.ZIP_DEFLATED
            zipped.writestr(entry, data)
    return packed.getvalue()


def checksum(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> int:
    parser = argparse.ArgumentParser(description="Makes the archives of a release, and their checksums.")
    which = parser.add_subparsers(dest="what", required=True)
    pack = which.add_parser("pack")
    pack.add_argument("--out", required=True, type=Path)
    pack.add_argument("programs", nargs="+", metavar="PLATFORM=FILE")
    sums = which.add_parser("sums")
    sums.add_argument("folder", type=Path)
    given = parser.parse_args()
    if given.what == "sums":
        files = sorted(path for path in given.folder.iterdir() if path.is_file() and path.name != SUMS)
        (given.folder / SUMS).write_text("".join(f"{checksum(path)}  {path.name}\n" for path in files))
        return 0
    given.out.mkdir(parents=True, exist_ok=True)
    for name, program in binaries(given.programs).items():
        path = given.out / archive(project(), name)
        path.write_bytes(as_zip(name, program) if path.suffix == ".zip" else as_tar(name, program))
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
