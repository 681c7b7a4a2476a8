"""The examples of social workers, sent in an order that makes sense, and those whom a test looks for from elsewhere."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
from gateway_stack import created
from played_examples import Examples
from played_residents import register_residents

STAFF_BODIES: Final = {
    "/v1/trainings/{training_id}/cancel": {"reason": "too_few"},
    "/v1/attendances/{attendance_id}/withdraw": {"reason": "did_not_attend"},
    "/v1/posts/{post_id}/change": {"headcount": 2},
    "/v1/posts/{post_id}/fill": {"worker_id": "worker_of_nobody"},
    "/v1/posts/{post_id}/vacate": {
        "worker_id": "worker_of_nobody",
        "reason": "left",
        "fill_by": "2030-05-01T10:00:00Z",
    },
    "/v1/posts/{post_id}/close": {"reason": "reorganised"},
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


def post(there: str) -> dict[str, Any]:
    """A post that is to be filled in 60 days."""
    return {
        "station_id": there,
        "function": "caseworker",
        "fill_by": (datetime.now(UTC) + timedelta(days=60)).isoformat(),
    }


def training(there: str) -> dict[str, Any]:
    """A training that was held yesterday."""
    begins = datetime.now(UTC) - timedelta(days=1)
    return {"station_id": there, "dimension": "resource_linking", "minutes": 60, "starts_at": begins.isoformat()}


def attendance(ids: dict[str, str]) -> dict[str, Any]:
    return {"training_id": ids["training_id"], "worker_id": ids["worker_id"], "minutes": 60}


def staffed_of(api: httpx.Client, there: str) -> dict[str, str]:
    """Register a social worker of the station, open a post and hold a training; return the ids."""
    here = {"worker_id": created(api, "/v1/workers", worker(there)), "post_id": created(api, "/v1/posts", post(there))}
    here["training_id"] = created(api, "/v1/trainings", training(there))
    api.post(f"/v1/trainings/{here['training_id']}/hold").raise_for_status()
    return {**here, "attendance_id": created(api, "/v1/attendances", attendance(here))}


def employ(examples: Examples) -> None:
    """Look for, register, license, send on leave, transfer and dismiss a social worker, as the examples have it."""
    examples.send("look_up_workers")
    here = {"worker_id": examples.send("register_worker")["id"]}
    examples.ids["worker"] = here["worker_id"]
    for action in ("change_worker", "record_licence", "begin_leave", "end_leave", "transfer_worker"):
        examples.send(action, here)
    here = {**here, "post_id": examples.send("open_post")["id"]}
    for action in ("change_post", "fill_post", "vacate_post", "close_post"):
        examples.send(action, here)
    examples.ids["training"] = examples.send("plan_training")["id"]
    examples.send("hold_training", {"training_id": examples.ids["training"]})
    examples.send("withdraw_attendance", {"attendance_id": examples.send("record_attendance")["id"]})
    examples.send("cancel_training", {"training_id": examples.send("plan_training")["id"]})
    for action in ("end_employment", "employ_again"):
        examples.send(action, here)


def register_people_of_stations(examples: Examples) -> None:
    """Register residents, and employ a social worker."""
    register_residents(examples)
    employ(examples)
