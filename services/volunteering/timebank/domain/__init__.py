"""The rules of the time bank: pure, without I/O, clock or randomness."""
