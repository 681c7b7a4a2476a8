"""Operating: health, readiness and metrics of the API process, without a key."""
