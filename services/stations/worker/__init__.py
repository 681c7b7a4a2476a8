"""The worker process of stations: it runs the jobs."""
