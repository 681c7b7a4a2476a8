"""The city's clock of a development stack: it is moved forward, by one story at a time.

`movement` moves it and waits for every process, `story` holds the lease of the story that is played.
"""
