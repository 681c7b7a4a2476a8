#!/bin/sh
# Builds the services of the last tag as lianshan/NAME:previous, from that tag's code and packages. Where there is no
# tag to be had, builds nothing and says so; the tests that need them are skipped then.
set -eu
cd "$(dirname "$0")/../.."
if ! tag=$(git describe --tags --abbrev=0 HEAD^ 2>/dev/null); then
    echo "previous: no earlier tag in this clone, so nothing to upgrade from"
    exit 0
fi
echo "previous: the services of $tag"
rm -rf build/previous
mkdir -p build/previous
git archive "$tag" | tar -x -C build/previous
# How images are built is today's; what is in them is the tag's.
cp .dockerignore build/previous/
mkdir -p build/previous/deploy/images build/previous/build
cp deploy/images/is-ready deploy/images/lianshan build/previous/deploy/images/
deploy/images/wheelhouse.sh "$PWD/build/previous/build/wheelhouse" "$PWD/build/previous/requirements/base.lock"
for service in stations charity volunteering projector gateway; do
    docker build --network host -f deploy/images/Dockerfile --build-arg BASE_IMAGE=lianshan/python \
        --target "$service" -t "lianshan/$service:previous" build/previous >build/previous.log 2>&1 ||
        { tail -n 20 build/previous.log >&2; exit 1; }
done
