"""The examples of social workers, sent in an order that makes sense, and those whom a test looks for from elsewhere."""

from typing import Any, Final

import httpx
from gateway_stack import created
from played_examples import Examples
from played_residents import register_residents

STAFF_BODIES: Final = {
    "/v1/workers/{worker_id}/change": {"name": "Mine Now"},
    "/v1/workers/{worker_id}/record-licence": {"level": "none"},
    "/v1/workers/{worker_id}/begin-leave": {"until": "2030-05-01"},
    "/v1/workers/{worker_id}/transfer": {"station_id": "station_of_nobody"},
    "/v1/workers/{worker_id}/end-employment": {"reason": "resigned", "left_on": "2026-02-01"},
    "/v1/workers/{worker_id}/employ-again": {"employed_on": "2026-02-01"},
}
"""The bodies of actions on one of them."""


def worker(there: str) -> dict[str, Any]:
    return {"station_id": there, "name": "Lin Example", "phone": "13800138004", "employed_on": "2026-01-05"}


def staffed_of(api: httpx.Client, there: str) -> dict[str, str]:
    """Register a social worker of the station; return the id."""
    return {"worker_id": created(api, "/v1/workers", worker(there))}


def employ(examples: Examples) -> None:
    """Look for, register, license, send on leave, transfer and dismiss a social worker, as the examples have it."""
    examples.send("look_up_workers")
    here = {"worker_id": examples.send("register_worker")["id"]}
    examples.ids["worker"] = here["worker_id"]
    for action in ("change_worker", "record_licence", "begin_leave", "end_leave", "transfer_worker"):
        examples.send(action, here)
    for action in ("end_employment", "employ_again"):
        examples.send(action, here)


def register_people_of_stations(examples: Examples) -> None:
    """Register residents, and employ a social worker."""
    register_residents(examples)
    employ(examples)
