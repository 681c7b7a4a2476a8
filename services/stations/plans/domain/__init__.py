"""The rules of care plans: pure, without I/O, clock or randomness."""
