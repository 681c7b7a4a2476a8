"""`lianshan trace`: the path of a need from what is stored, no collector needed.

Asked of the gateway's API, not of the stores: it has every event with its cause and every reason, needs one key and no
database password, and works from any machine.
"""
