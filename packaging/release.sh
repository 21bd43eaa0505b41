#!/usr/bin/env bash
# Packs everything of a release out of finished programs: programs/program-PLATFORM/FILE becomes
#   dist/files/      archives, desktop bundles and SHA256SUMS, which the release shows
#   dist/npm/        the npm packages
#   dist/homebrew/   the formula
#   dist/registry/   server.json
# The wheels are maturin's, which makes them where the programs are built. The programs of Linux (x64) must run here.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
programs=$(cd "$1" && pwd)
dist=$2
mkdir -p "$dist"/{files,npm,homebrew,registry}

given=()
for folder in "$programs"/program-*; do
  given+=("${folder##*/program-}=$(echo "$folder"/*)")
done
lister="$programs/program-linux-x64/stoq-mcp"

python3 "$here/archive.py" pack --out "$dist/files" "${given[@]}"
python3 "$here/npm/build.py" --out "$dist/npm" "${given[@]}"

# A bundle cannot tell processors apart, so the one for macOS holds a program for both of them.
merge=${LIPO:-llvm-lipo}
both=$(mktemp -d)
trap 'rm -rf "$both"' EXIT
"$merge" -create -output "$both/stoq-mcp" "$programs"/program-darwin-{arm64,x64}/stoq-mcp
for shop in '' --sandbox; do
  pack=(python3 "$here/mcpb/pack.py" --lister "$lister" --out "$dist/files" ${shop:+"$shop"})
  "${pack[@]}" --platform darwin --program "$both/stoq-mcp"
  "${pack[@]}" --platform win32 --program "$programs/program-win32-x64/stoq-mcp.exe"
  "${pack[@]}" --platform linux --arch x64 --program "$lister"
  "${pack[@]}" --platform linux --arch arm64 --program "$programs/program-linux-arm64/stoq-mcp"
done

python3 "$here/archive.py" sums "$dist/files"
python3 "$here/homebrew/formula.py" "$dist/files" >"$dist/homebrew/stoq-mcp.rb"
python3 "$here/registry/finish.py" "$dist/files" >"$dist/registry/server.json"
