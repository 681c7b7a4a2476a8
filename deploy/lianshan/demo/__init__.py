"""`lianshan demo`: a day at Zhanlan Road, played over the HTTP API on a stack of its own.

`scene` has the people, stations and resources, `script` the needs and their expected ends. `steps` plays the day,
`listener` and `observer` receive its events into `observations`, `event_lines` and `transcript` print them, `report`
compares the end with the script. `run` ties them together and checks the laws in the stores.
"""
