"""Areas: the register of administrative areas, read from stations, and its import. No view: the owner is asked."""
