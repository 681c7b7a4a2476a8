# A base with Python, for places with no image registry: Debian as debootstrap leaves it.
ARG BASE_IMAGE=lianshan/debian
FROM ${BASE_IMAGE}
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3 python3-venv >/dev/null \
    && apt-get clean && rm -rf /var/lib/apt/lists/*
