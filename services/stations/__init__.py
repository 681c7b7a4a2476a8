"""Needs, and the two-level network of stations that takes them in and follows them to their end."""
