"""The choreography's steps as MongoDB operations, records and events, for the peers that take one need at a time.

Records and events are the samples of ours for such a need, with this need's ids put in.
"""

import os
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from tests.performance.samples import QUANTITY, SKILL, Document, Samples, fill, replacements

Row = tuple[str, Document]
"""A collection and a new document of it."""
Change = tuple[Document, Document]
"""The rule of a document, and its update."""


@cache
def samples() -> Samples:
    return Samples.load(Path(os.environ["BENCH_SAMPLES"]))


def names(event: Document, volunteer: str = "") -> dict[str, str]:
    """The values to put in the place of the samples' ids."""
    sample, data = samples(), event["data"]
    known = replacements(sample, event["subject"], event["area"])
    if "station_id" in data:
        known[sample.station] = data["station_id"]
    return {**known, sample.volunteer: volunteer} if volunteer else known


def reserve(event: Document) -> list[Change]:
    """Take from the stock, if there is enough; count the area's use."""
    asked = event["data"]["lines"][0]["requested"]
    stock = {"_id": fill(samples().stock, names(event)), "available": {"$gte": asked}}
    used = {"_id": fill(samples().used["_id"], names(event))}
    return [
        (stock, {"$inc": {"debits_pending": asked, "available": -asked, "version": 1}}),
        (used, {"$inc": {"credits_pending": asked, "available": 0, "version": 1}}),
    ]


def charity_rows(event: Document) -> Iterator[Row]:
    """Transfer and link."""
    return _rows(samples().charity_inserts, names(event))


def linked(event: Document) -> Document:
    return _said(samples().linked, event, names(event))


def book(event: Document) -> Change:
    """Somebody of the community who has the skill and is free then; the one who does least comes first (by `taken`)."""
    asked = event["data"]["volunteers"]
    starts, ends = _seconds(asked["starts_at"]), _seconds(asked["ends_at"])
    overlap = {"1": {"$lt": ends}, "2": {"$gt": starts}}
    free = {"area": event["area"], "tags": SKILL, "bookings": {"$not": {"$elemMatch": overlap}}}
    return free, {
        "$push": {"bookings": [f"dsp_{event['subject']}.1", starts, ends]},
        "$inc": {"taken": 1, "version": 1},
    }


def volunteering_rows(event: Document, volunteer: str) -> Iterator[Row]:
    """The staffing, and the other records that ours keeps with it."""
    return _rows(samples().volunteering_inserts, names(event, volunteer))


def confirmed(event: Document, volunteer: str) -> Document:
    return _said(samples().confirmed, event, names(event, volunteer))


def apply_link(event: Document) -> list[Document]:
    """The need takes charity's answer, and is ready if the other one is there."""
    amounts = [amount["committed"] for amount in event["data"]["amounts"]]
    taken = {"link_version": event["data"]["version"], "committed": amounts}
    return _apply(taken, event, {"$gte": ["$volunteers_confirmed", 1]})


def apply_staffing(event: Document) -> list[Document]:
    """The need takes volunteering's answer, and is ready if the other one is there."""
    data = event["data"]
    taken = {
        "staffing_version": data["version"], "staffing": data["state"], "volunteers_confirmed": data["confirmed"],
    }  # fmt: skip
    return _apply(taken, event, {"$gte": [{"$sum": "$committed"}, QUANTITY]})


def ready(event: Document, need: Document) -> Document:
    known = {**names(event), samples().station: need["station_id"]}
    return _said(samples().ready, event, known)


def _apply(taken: Document, event: Document, other: Document) -> list[Document]:
    entry = {"$literal": [["ready", event["time"]]]}
    timeline = {"$cond": [other, {"$concatArrays": ["$timeline", entry]}, "$timeline"]}
    state = {"$cond": [other, "ready", "$state"]}
    return [{"$set": {**taken, "state": state, "timeline": timeline, "version": {"$add": ["$version", 1]}}}]


def _rows(inserts: dict[str, list[Document]], known: dict[str, str]) -> Iterator[Row]:
    return ((collection, fill(row, known)) for collection, rows in inserts.items() for row in rows)


def _said(sample: Document, cause: Document, known: dict[str, str]) -> Document:
    said: dict[str, Any] = fill(sample, known)
    said["causationid"], said["correlationid"] = cause["id"], cause["correlationid"]
    return said


@cache
def _seconds(instant: str) -> int:
    return int(datetime.fromisoformat(instant).timestamp())
