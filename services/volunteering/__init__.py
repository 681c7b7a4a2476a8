"""Volunteers, matching, dispatch, time bank."""
