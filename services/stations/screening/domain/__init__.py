"""The decisions of screening: indicators and their judging. Pure."""
