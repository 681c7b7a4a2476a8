"""Load on a running platform, as a city platform would cause it: needs over the HTTP API, at a steady rate."""
