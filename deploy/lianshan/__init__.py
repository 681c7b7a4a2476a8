"""The operator's command `lianshan` and its parts: the local stack, topology, access, backup, dead letters, laws.

Operations read what a service declares (`services.<name>.declaration`) and what it has stored, and import nothing else
of it. Only `cli` talks to the person at the terminal.
"""
