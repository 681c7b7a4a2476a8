"""A person who is erased through the API, for the tests of the data that an erasure leaves."""

import json
from pathlib import Path
from typing import Any

from gateway_stack import until
from lianshan_command import lianshan
from pymongo import MongoClient
from stacks import RunningStack


def erased_since(stack: RunningStack, person: str, folder: Path) -> tuple[str, Path]:
    """The erasure of the volunteer is requested; gives its id, and the file of the journal that has it."""
    asked = {"people": [{"kind": "volunteer", "id": person}], "ground": "consent_withdrawn", "area": "110102009017"}
    with stack.client() as client:
        erasure = client.post("/v1/erasures", json=asked, headers={"Idempotency-Key": "backup-erasure"}).json()["id"]
    journal = folder / "journal.jsonl"
    exported = lianshan(stack.environment, "erasures", "export", str(journal), "--json")
    assert json.loads(exported.stdout)["entries"] == len(journal.read_text().splitlines()) >= 1
    return erasure, journal


def check_report(stack: RunningStack, erasure: str) -> None:
    """The erasure completes by itself, and its report names the deleted and the kept data."""
    with stack.client() as client:
        report = until(lambda: done_report(client.get(f"/v1/erasures/{erasure}").json()), "the erasure is done")
    (outcome,) = report["people"]
    assert outcome["state"] == "erased"
    assert {"category": "data_key", "count": 1} in outcome["erased"], report
    assert outcome["kept"][0]["text"].startswith("hours and transfers")


def check_gone(client: MongoClient[dict[str, Any]], prefix: str, person: str) -> None:
    """Neither record nor key of the volunteer is there, and stations will request the erasure again."""
    people, stations = client[f"{prefix}volunteering"], client[f"{prefix}stations"]
    assert people["volunteer_people"].find_one({"_id": person}) is None
    assert people["data_keys"].find_one({"_id": f"person:{person}"}) is None
    assert people["volunteers"].find_one({"_id": person}) is not None
    assert stations["timers"].count_documents({"type": "stations.erasure_replay_due"}) >= 1


def done_report(report: dict[str, Any]) -> dict[str, Any] | None:
    return report if report["state"] == "done" else None
