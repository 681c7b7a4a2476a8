"""MongoDB: the transaction of a batch, inbox, outbox, timers, replicas, stored forms. Imports `amqp` and `decide`."""
