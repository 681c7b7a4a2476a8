"""The rules of notices. Pure."""
