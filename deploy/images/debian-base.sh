#!/bin/sh
# Makes the image lianshan/debian with debootstrap, where no registry can be asked for one. Needs root.
set -eu
tag=${1:-lianshan/debian}
docker image inspect "$tag" >/dev/null 2>&1 && exit 0
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
debootstrap --variant=minbase bookworm "$root" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" >"$root.log" 2>&1 || {
    tail -n 5 "$root.log" >&2
    echo "debian-base: debootstrap failed; all it said is in $root.log" >&2
    exit 1
}
rm -f "$root.log" "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*_*
tar -C "$root" --create . | docker import - "$tag" >/dev/null
