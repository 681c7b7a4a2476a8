"""The law of an erasure: an erased person is gone from every store, and an unfinished erasure has a next step."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from tests.city.services import Sealer
from tests.city.world import World

OWNERS: Final = {
    "volunteer": "volunteering",
    "donor": "charity",
    "need": "stations",
    "resident": "stations",
    "worker": "stations",
}
HOLDERS: Final = {"charity": "donors", "stations": "need_texts"}
"""The collection of a service whose documents carry the data keys of their persons."""
RECORDS: Final = {
    "volunteer": "volunteer_people", "need": "need_texts", "resident": "resident_records", "worker": "worker_records",
}  # fmt: skip
SEALED: Final = re.compile(r"[pv]1\.city\.[0-9a-f]{18}")
OPEN: Final = frozenset({"offered", "accepted", "checked_in"})


def find_left(world: World) -> Iterator[str]:
    """Return every trace of a person who was erased, and every part that stands still."""
    for service in dict.fromkeys(OWNERS.values()):
        timers = world.rows(service, "timers")
        for part in world.rows(service, "erasure_parts").values():
            if part["state"] == "erased":
                yield from _find_traces(world, part["kind"], part["subject"])
            elif part["state"] in {"pending", "waiting"} and f"erasure:{part['_id']}" not in timers:
                yield f"erasure part {part['_id']} stands still"
    for erasure in world.rows("stations", "erasures").values():
        settled = all(person["state"] in {"erased", "unknown"} for person in erasure["people"])
        if settled != (erasure["state"] == "done"):
            yield f"erasure {erasure['_id']} is {erasure['state']}"
        for person in erasure["people"]:
            if person["state"] == "erased":
                if person["id"] not in world.rows("gateway", "erased_people"):
                    yield f"the gateway does not know that {person['id']} was erased"
                yield from _find_failed(world, person["kind"], person["id"], erasure["requested_at"])
    yield from _find_seals(world)


def _find_seals(world: World) -> Iterator[str]:
    """Return the values that stand somewhere although the data key that sealed them is gone."""
    for service in dict.fromkeys(OWNERS.values()):
        if not world.rows(service, "erasure_parts"):
            continue
        records = world.rows(service, holder) if (holder := HOLDERS.get(service)) else {}
        own = (f"person:{one}" for one, record in records.items() if record["data_key"])
        keys = {*world.rows(service, "data_keys"), *own}
        for name, rows in world.services[service].memory.rows.items():
            for row_id, row in rows.by_id.items():
                for sealed in SEALED.findall(repr(row)):
                    key = Sealer.key_of(sealed)
                    if key and key not in keys:
                        yield f"{service}: {name} {row_id} holds what the deleted key {key} has sealed"


def _find_failed(world: World, kind: str, person: str, requested_at: str) -> Iterator[str]:
    for letter in world.rows(OWNERS[kind], "letters").values():
        # A command that fails after the request may come behind the search, as `docs/people.md` says.
        if (
            letter["kind"] == "command"
            and person in letter["sealed"]
            and letter["dead"] < datetime.fromisoformat(requested_at)
        ):
            yield f"the failed command {letter['id']} about {person} is there after the erasure"


def _find_traces(world: World, kind: str, person: str) -> Iterator[str]:
    service = OWNERS[kind]
    if f"person:{person}" in world.rows(service, "data_keys"):
        yield f"the data key of {person} is there after the erasure"
    if kind in RECORDS and person in world.rows(service, RECORDS[kind]):
        yield f"the record of {person} is there after the erasure"
    if any(row["about"] == person for row in world.rows(service, "external_ids").values()):
        yield f"an external id of {person} is there after the erasure"
    for consent in world.rows(service, "consents").values():
        if consent["person_id"] == person and (consent["state"] != "withdrawn" or consent["guardian_sealed"]):
            yield f"the consent {consent['_id']} of {person} holds, or names a guardian, after the erasure"
    donor = world.rows(service, "donors")[person] if kind == "donor" else {}
    if donor.get("particulars_sealed") or donor.get("phone_sealed") or donor.get("marks") or donor.get("data_key"):
        yield f"phone, marks or data key of {person} are there after the erasure"
    if kind == "volunteer":
        yield from _find_promises(world, person)


def _find_promises(world: World, volunteer: str) -> Iterator[str]:
    row: Any = world.rows("volunteering", "volunteers")[volunteer]
    if any(claim["volunteer_id"] == volunteer for claim in world.rows("volunteering", "person_claims").values()):
        yield f"a claim of volunteer {volunteer} to particulars is there after the erasure"
    if any(
        merge["merged_id"] == volunteer and merge["tags"] for merge in world.rows("volunteering", "merges").values()
    ):
        yield f"a merge keeps the tags of volunteer {volunteer} after the erasure"
    if row["tags"] or row.get("offers") or tuple(row["home"]) != (0.0, 0.0):
        yield f"volunteer {volunteer} is known to matching after the erasure"
    for staffing in world.rows("volunteering", "staffings").values():
        for dispatch in staffing["dispatches"]:
            if dispatch["volunteer_id"] == volunteer and dispatch["state"] in OPEN:
                yield f"volunteer {volunteer} has the open dispatch {dispatch['id']} after the erasure"
