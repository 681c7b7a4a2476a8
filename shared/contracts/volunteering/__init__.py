"""The contracts of volunteering: one module a capability."""
