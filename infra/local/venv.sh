#!/bin/sh
# Makes the virtual environment of the local stack, when there is none that fits requirements.txt.
set -eu
venv=$1
python=${PYTHON:-python3}
requirements=infra/local/requirements.txt

say() { printf '%s\n' "$*" >&2; }

command -v "$python" >/dev/null 2>&1 || {
    say "$python is missing: install Python 3.10 or later, or say which: make up PYTHON=python3.12"
    exit 1
}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || {
    say "$("$python" --version) is too old: install 3.10 or later, then: make up PYTHON=python3.12"
    exit 1
}
"$python" -c 'import ensurepip, venv' 2>/dev/null || {
    say "Python's venv module is missing: install it (Debian, Ubuntu: python3-venv)"
    exit 1
}

wanted=$("$python" -c 'import hashlib, sys
print(sys.version.split()[0], hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$requirements")
[ "$(cat "$venv/.installed" 2>/dev/null)" = "$wanted" ] && [ -x "$venv/bin/python" ] && exit 0

say "==> Setting up Python packages in $venv (about 20 s, 130 MB)"
mkdir -p "$(dirname "$venv")"
rm -rf "$venv"
"$python" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
    --require-hashes -r "$requirements" || {
    rm -rf "$venv"
    say "the packages could not be installed: pip's words are above (registry not reachable? disk full?)"
    exit 1
}
printf '%s\n' "$wanted" >"$venv/.installed"
