"""Who may do what on RabbitMQ and MongoDB: a user for each service with the least it needs, and how to make them."""
