"""The description of the API as OpenAPI 3.1: made when it is first asked for, of the paths and their models."""
