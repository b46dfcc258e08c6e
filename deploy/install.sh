#!/bin/sh
# Installs this release beside this file, into .venv, from the wheels that came with it: no network is asked.
# With `--scan` also what reading scanned forms needs (OpenCV, 150 MB). May be run again.
set -eu
cd "$(dirname "$0")"
case "${1:-}" in "") extra= ;; --scan) extra='[scan]' ;; *) echo "Usage: $0 [--scan]" >&2; exit 2 ;; esac
python3 -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null || {
	echo "This release is built for Python 3.13, which Debian 13 has: apt-get install python3 python3-venv" >&2
	exit 1
}
python3 -c 'import ensurepip, venv' 2>/dev/null || {
	echo "Python's venv module is missing: apt-get install python3-venv" >&2
	exit 1
}
export PIP_CONFIG_FILE=/dev/null PIP_NO_INDEX=1 PIP_FIND_LINKS="$PWD/wheels" PIP_DISABLE_PIP_VERSION_CHECK=1
python3 -m venv .venv
.venv/bin/pip install -q --require-hashes -r requirements.lock
.venv/bin/pip install -q "hai-long$extra @ file://$(ls "$PWD"/wheels/hai_long-*.whl)"
.venv/bin/hailong --version
