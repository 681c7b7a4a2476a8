"""Actors (行为人) behind the references in events: each is asked of the service that gave it. Stores nothing."""
