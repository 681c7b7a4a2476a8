"""The ways on which a notice leaves: the city's message gateway by a signed request, or a file for development."""
