"""The decisions about needs. Pure: time, ids and sealing are arguments.

`need` holds the entity and derives its state; each of the other modules is one step of its life or one form of it.
"""
