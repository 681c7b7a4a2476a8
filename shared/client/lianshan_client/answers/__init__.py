"""The types of answers. Fields and values that are not listed are those of a newer release."""
