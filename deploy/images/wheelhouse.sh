#!/bin/sh
# Fills build/wheelhouse with the packages of requirements/base.lock, or the folder given with those of the lock given, so
# that images can be built with no index at hand.
set -eu
cd "$(dirname "$0")/../.."
into=${1:-build/wheelhouse}
lock=${2:-requirements/base.lock}
wanted=$(sha256sum <"$lock" | cut -d' ' -f1)
[ "$(cat "$into/.filled" 2>/dev/null)" = "$wanted" ] && exit 0
rm -rf "$into"
mkdir -p "$into"
# For the images' Python, whatever runs here; only wheels, so that nothing is compiled in the build.
"${PYTHON:-.venv/bin/python}" -m pip download --quiet --quiet --disable-pip-version-check --require-hashes --dest "$into" \
    --only-binary :all: --python-version 3.11 --implementation cp --abi cp311 --abi abi3 --abi none \
    --platform manylinux_2_28_x86_64 --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 \
    --platform any --no-deps -r "$lock"
printf '%s\n' "$wanted" >"$into/.filled"
