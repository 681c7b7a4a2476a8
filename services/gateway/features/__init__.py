"""The features of the API, one folder each, with the same rooms.

`view.py` is the stored read model, its indexes and its projections; `answer.py` the typed answer and how it is made;
`request.py` the bodies that are not the command itself; `routes.py` the paths. The projector imports `view.py` alone.
"""
