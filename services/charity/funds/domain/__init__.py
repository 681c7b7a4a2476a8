"""The rules of community funds, without I/O."""
