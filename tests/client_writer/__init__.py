"""Writes the parts of `shared/client` that follow from the API's description: `python -m tests.client_writer`.

`bodies` and `answers` hold a TypedDict for each schema, `api` a function for each operation, by tag; `client.py` is
`async_client.py` without its asyncio.
"""
