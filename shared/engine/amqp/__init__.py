"""RabbitMQ: connections, frames, topology, and the form of messages on the wire. Imports only `decide`."""
