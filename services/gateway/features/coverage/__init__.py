"""Coverage (覆盖): the communities of an area by the stage of their stations, asked of their owner."""
