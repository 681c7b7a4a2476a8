# RabbitMQ as Debian packages it, with the layout of the official image.
ARG BASE_IMAGE=lianshan/debian
FROM ${BASE_IMAGE}
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends rabbitmq-server >/dev/null \
    && apt-get clean && rm -rf /var/lib/apt/lists/* \
    && printf '[rabbitmq_management,rabbitmq_prometheus].\n' >/etc/rabbitmq/enabled_plugins \
    && mkdir -p /etc/rabbitmq/conf.d
# The server's own script: the wrapper in sbin changes the user and drops the environment. Under this name it becomes
# the Erlang process, so that SIGTERM reaches it.
ENV HOME=/var/lib/rabbitmq \
    RABBITMQ_CONF_ENV_FILE=/dev/null \
    RUNNING_UNDER_SYSTEMD=true
USER rabbitmq
VOLUME /var/lib/rabbitmq
EXPOSE 5672 15672 15692
CMD ["/usr/lib/rabbitmq/bin/rabbitmq-server"]
