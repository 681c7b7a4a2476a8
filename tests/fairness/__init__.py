"""The fairness of a simulated city over a season, measured and compared with an optimum that a solver finds."""
