"""The embedded stack: a real MongoDB, a real RabbitMQ and every service, private to one folder of this machine."""
