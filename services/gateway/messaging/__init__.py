"""Messages to the services: commands and queries over one AMQP connection, and services that are paused."""
