"""What volunteering decides: pure, without I/O, clock or randomness."""
