# Shared by the scripts here: where the project is, and its virtual environment.
# shellcheck shell=sh
root=$(cd "$(dirname "$0")/.." && pwd -P)
python="$root/.venv/bin/python"

stop() {
    echo "gatehouse: $1" >&2
    exit 1
}

# The first interpreter that is new enough; a newer minor version may lack wheels, so plain python3 first.
find_python() {
    for name in python3 python3.11 python3.12 python3.13 python3.14; do
        if command -v "$name" >/dev/null 2>&1 &&
            "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}

# make_environment NAME FILE...: install FILEs (the last one includes the others) unless that was done
# with these very files before.
make_environment() {
    name=$1
    shift
    if ! "$python" -c '' 2>/dev/null; then
        base=$(find_python) || stop "Python 3.11 or newer is needed and python3 is not: install it."
        echo "Making a virtual environment in .venv ..."
        "$base" -m venv --clear "$root/.venv" ||
            stop "The virtual environment could not be made: install the venv module (Debian: python3-venv)."
    fi
    stamp="$root/.venv/installed-$name"
    wanted="$root/.venv/wanted-$name.$$"
    for file in "$@"; do
        cat "$root/$file"
        last=$file
    done >"$wanted"
    if ! cmp -s "$wanted" "$stamp"; then
        echo "Installing $last (once; a minute or two) ..."
        "$python" -m pip install --quiet --disable-pip-version-check -r "$root/$last" || {
            rm -f "$wanted"
            stop "$last could not be installed; see above why."
        }
    fi
    mv "$wanted" "$stamp"
}
