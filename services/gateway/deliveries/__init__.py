"""Webhooks as they are stored and delivered: signatures, addresses, retries, the queue of one webhook, its worker."""
