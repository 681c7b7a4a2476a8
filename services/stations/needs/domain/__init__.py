"""The decisions about needs. Pure: time, ids and sealing are arguments.

`need` holds the entity and derives its state; each of the other modules is one step in the life of a need, or one of
its forms.
"""
