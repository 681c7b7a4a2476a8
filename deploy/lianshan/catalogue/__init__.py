"""The import of a city's entries of the catalogue (目录) from a file."""
