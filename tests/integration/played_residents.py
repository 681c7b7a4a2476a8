"""The examples of residents, sent in an order that makes sense, and residents that a test looks for from elsewhere."""

from typing import Any, Final

import httpx
from gateway_stack import created
from played_examples import Examples

BODIES: Final = {
    "/v1/residents/{resident_id}/change": {"phones": []},
    "/v1/residents/{resident_id}/transfer": {"station_id": "station_of_nobody"},
    "/v1/residents/{resident_id}/end": {"reason": "moved_away"},
}
"""The bodies of actions on one of them."""


def resident(there: str, **changes: Any) -> dict[str, Any]:
    return {"station_id": there, "name": "Ma Example", "birth_year": 1944, **changes}


def registered_of(api: httpx.Client, there: str) -> dict[str, str]:
    """Register a resident of the station; return the id."""
    return {"resident_id": created(api, "/v1/residents", resident(there))}


def register_residents(examples: Examples) -> None:
    """Search, register, change, transfer, end and reopen, as the examples have it."""
    examples.send("look_up_residents")
    examples.send("find_likely_duplicates_of_residents")
    here = {"resident_id": examples.send("register_resident")["id"]}
    examples.ids["resident"] = here["resident_id"]
    for action in ("change", "transfer", "end"):
        examples.send(f"{action}_resident", here)
