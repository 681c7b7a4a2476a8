"""The contracts of charity: one module a capability."""
