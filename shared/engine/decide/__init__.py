"""The pure layer: entities, handlers, units of work and the decision about a batch. No I/O; imports no other layer."""
