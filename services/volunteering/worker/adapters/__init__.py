"""The ways on which a notice leaves: the city's message gateway, its mail server, or a file for development."""
