"""The types of the bodies of requests."""
