"""The rules of resource linking, without I/O."""
