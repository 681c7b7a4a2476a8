#!/bin/sh
# Builds the services and the operator's command of the latest release that tests/contract/released keeps as lianshan/NAME:previous, from the code
# and packages of its commit.
set -eu
cd "$(dirname "$0")/../.."
latest=$(.venv/bin/python tests/contract/release.py --latest)
commit=${latest#* }
git cat-file -e "$commit^{commit}" 2>/dev/null || {
    echo "previous: this clone lacks the commit $commit of release ${latest% *}: fetch it with \`git fetch --unshallow\`" >&2
    exit 1
}
echo "previous: the services of $latest"
rm -rf build/previous
mkdir -p build/previous
git archive "$commit" | tar -x -C build/previous
# How images are built is today's; what is in them is the release's.
cp .dockerignore build/previous/
mkdir -p build/previous/deploy/images build/previous/build
cp deploy/images/is-ready deploy/images/lianshan build/previous/deploy/images/
deploy/images/wheelhouse.sh "$PWD/build/previous/build/wheelhouse" "$PWD/build/previous/requirements/base.lock"
for service in stations charity volunteering projector gateway tools; do
    docker build --network host -f deploy/images/Dockerfile --build-arg BASE_IMAGE=lianshan/python \
        --target "$service" -t "lianshan/$service:previous" build/previous >build/previous.log 2>&1 ||
        { tail -n 20 build/previous.log >&2; exit 1; }
done
