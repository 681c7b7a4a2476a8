"""Makes `gateway_events` and `gateway_samples` importable from the folders below."""
