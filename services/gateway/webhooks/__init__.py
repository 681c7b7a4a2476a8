"""The process that delivers webhooks: `python -m services.gateway.webhooks`. Any number of them may run."""
