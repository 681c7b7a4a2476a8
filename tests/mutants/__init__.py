"""Mutation tests: faults of one expression, planted in the code by mutmut, that the tests without servers must find."""
