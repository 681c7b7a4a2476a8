"""Functions that make the calls, a module for each tag and a function for each operation of /openapi.json."""
