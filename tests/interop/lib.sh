# Shared by the suites: where things lie, how the packages get there, which program is tested.
# Everything installed or built for the suites lies in .interop/ and is used again when it fits.

interop=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$interop/../.." && pwd)
work="$root/.interop"
mkdir -p "$work/bin" "$work/log"
export INTEROP_LOG="$work/log"
export INTEROP_REGISTRY="$root/tools.registry.json"

# Whether what is installed in a folder was installed from these files.
installed() { # folder, files…
  local folder=$1
  shift
  [ "$(cat "$folder/.installed" 2>/dev/null)" = "$(cat "$@" | sha256sum)" ]
}

mark_installed() { # folder, files…
  local folder=$1
  shift
  cat "$@" | sha256sum >"$folder/.installed"
}

# Debian's packages of the commands that are missing.
debian_packages() { # command=package…
  local missing=() pair as_root=()
  for pair in "$@"; do
    command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
  done
  [ ${#missing[@]} = 0 ] && return
  command -v apt-get >/dev/null || { echo "missing: ${missing[*]}; install them with this system's packages" >&2; exit 1; }
  [ "$(id -u)" = 0 ] || as_root=(sudo)
  echo "installing ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" </dev/null >/dev/null
}

# The Node packages of a folder with its lockfile, installed in a folder of .interop/.
npm_packages() { # folder of the lockfile, folder in .interop
  local files=("$1/package.json" "$1/package-lock.json") folder="$work/$2"
  installed "$folder" "${files[@]}" && return
  command -v npm >/dev/null || { echo "npm is missing: install Node.js 20 or later with npm" >&2; exit 1; }
  rm -rf "$folder"
  mkdir -p "$folder"
  cp "${files[@]}" "$folder/"
  (cd "$folder" && npm ci --no-audit --no-fund --loglevel=error </dev/null)
  mark_installed "$folder" "${files[@]}"
}

# The Node packages of the lockfile, and first on the path the Node release among them: some of the
# tools need a newer one than a machine may have.
node_packages() {
  npm_packages "$interop" node
  # The package `node` fetches its binary in an install script, which npm may have left out.
  [ -x "$work/node/node_modules/node/bin/node" ] || (cd "$work/node" && npm rebuild node </dev/null)
  export PATH="$work/node/node_modules/node/bin:$PATH"
}

# The Python packages of requirements.txt, in an environment of their own; or those of another suite.
python_packages() { # folder of the environment, files…
  local folder="$work/${1:-python}" files=("${@:2}") file from=()
  [ ${#files[@]} -gt 0 ] || files=("$interop/requirements.txt")
  installed "$folder" "${files[@]}" && return
  python3 -c 'import ensurepip, venv' 2>/dev/null || debian_packages python3=python3 python3-venv=python3-venv
  for file in "${files[@]}"; do from+=(-r "$file"); done
  rm -rf "$folder"
  python3 -m venv "$folder"
  "$folder/bin/pip" install --quiet --disable-pip-version-check "${from[@]}" </dev/null
  mark_installed "$folder" "${files[@]}"
}

# What `check` counts.
passed=0
failed=0

# Runs a command that must end well and print a line of this form.
check() { # name, text that must be printed, command…
  local name=$1 wanted=$2 printed
  shift 2
  if printed=$("$@" </dev/null 2>&1) && grep -qE -- "$wanted" <<<"$printed"; then
    echo "ok $name: $(grep -E -- "$wanted" <<<"$printed" | tail -1 | sed 's/^ *//')"
    passed=$((passed + 1))
  else
    echo "not ok $name, which should print: $wanted"
    echo "$printed"
    failed=$((failed + 1))
  fi
}

# Builds the program with the given cargo arguments and keeps it under a name; INTEROP_BIN is its path.
program() { # name, cargo arguments…
  local name=$1
  shift
  (cd "$root" && cargo build --quiet --bin stoq-mcp "$@" </dev/null)
  cp -f "${CARGO_TARGET_DIR:-$root/target}/debug/stoq-mcp" "$work/bin/$name"
  export INTEROP_BIN="$work/bin/$name"
}

# Starts the server on HTTP with a fresh sandbox; sets `url` and `server_pid`, and stops it at exit.
serve() { # name of the log, more flags…
  local log="$work/log/$1.log"
  "$INTEROP_BIN" serve --http 127.0.0.1:0 --sandbox --dataset fixture --v1 all "${@:2}" </dev/null >/dev/null 2>"$log" &
  server_pid=$!
  trap 'kill "$server_pid" 2>/dev/null || true' EXIT
  url=
  for _ in $(seq 100); do
    url=$(sed -n 's#^stoq-mcp listening on \(http://[^ ]*\)$#\1#p' "$log")
    [ -n "$url" ] && return
    kill -0 "$server_pid" 2>/dev/null || break
    sleep 0.2
  done
  echo "the server did not start:" >&2
  cat "$log" >&2
  exit 1
}
