# MongoDB from the wheel that the embedded stack uses, with the layout of the official image. For local use only: it is
# never to be handed on.
ARG BASE_IMAGE=lianshan/debian
FROM ${BASE_IMAGE}
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libcurl4 libssl3 liblzma5 >/dev/null \
    && apt-get clean && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 999 --system --no-create-home --home-dir /data/db --shell /usr/sbin/nologin --user-group mongodb \
    && install -d -o mongodb -g mongodb /data/db /data/configdb
COPY mongod /usr/bin/mongod
USER mongodb
VOLUME /data/db
EXPOSE 27017
CMD ["mongod", "--bind_ip_all"]
