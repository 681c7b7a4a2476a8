"""Access to RabbitMQ and MongoDB: a user for each service with the least rights it needs, compared and created."""
