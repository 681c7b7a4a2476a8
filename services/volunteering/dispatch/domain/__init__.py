"""The rules of dispatch: pure, without I/O, clock or randomness."""
