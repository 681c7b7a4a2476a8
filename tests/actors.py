"""Actors for tests of any tier."""

from shared.contracts.access import Actor

ANYBODY = Actor(kind="key", id="key_test", roles=("administrator",), on_behalf_of="principal_test")
"""One who may do everything everywhere."""
HEADERS = {"actor": ANYBODY.model_dump_json()}
"""The header of a command of this actor."""
