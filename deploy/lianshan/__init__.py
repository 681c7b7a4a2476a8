"""The operator's command `lianshan` and its parts: the local stack, topology, access, backup, dead letters, laws.

Operations read a service's declaration (`services.<name>.declaration`) and its stored documents, and import nothing
else of it. Only `cli` talks to the person at the terminal.
"""
