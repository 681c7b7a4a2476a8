"""Stories: the mechanisms of the platform, told once and played on the city in memory and on a real stack.

A story is a function of `Stage`: it sends commands, lets time pass, and looks at the gateway's views. `in_memory`
and `on_a_stack` are the two stages.
"""
