"""Coverage (覆盖): the communities of an area with and without an open station, asked of their owner."""
