"""Other agencies on the broker: for each a queue of its events, and a user that reads this queue and nothing else."""
