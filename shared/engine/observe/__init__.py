"""Metrics and spans of batches, and gauges that are sampled from time to time. Imports `store`, `amqp` and `decide`."""
