"""The contracts of stations: one module a capability."""
