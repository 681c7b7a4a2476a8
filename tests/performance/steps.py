"""The choreography's steps as MongoDB operations and events, for the two peers that take one message at a time."""

from typing import Any

from tests.performance import documents
from tests.performance.documents import Document
from tests.performance.world import SKILL


def reserve(event: Document) -> tuple[Document, Document]:
    """Query and change that reserve what the need asks for, if there is enough."""
    data = event["data"]
    amount = data["lines"][0]["requested"]
    account = {"_id": documents.account_id(data["station_id"]), "credits_posted": {"$gte": amount}}
    return account, {"$inc": {"debits_pending": amount, "version": 1}}


def book(event: Document) -> tuple[Document, Document]:
    """Query and change that book a volunteer of the community who has the skill and is free then."""
    data = event["data"]
    slot = documents.booking(event)
    overlap = {"starts_at": {"$lt": slot["ends_at"]}, "ends_at": {"$gt": slot["starts_at"]}}
    free = {"area": data["area"], "skills": SKILL, "bookings": {"$not": {"$elemMatch": overlap}}}
    return free, {"$push": {"bookings": slot}, "$inc": {"load": 1, "version": 1}}


def apply_link(event: Document) -> list[Document]:
    """The need takes charity's answer, and is ready if the other one is there."""
    taken = {
        "link_version": event["data"]["version"],
        "committed": [amount["committed"] for amount in event["data"]["amounts"]],
        "sources": {"$literal": event["data"]["sources"]},
    }
    return _apply(taken, event, "$confirmed", 1)


def apply_staffing(event: Document) -> list[Document]:
    """The need takes volunteering's answer, and is ready if the other one is there."""
    taken = {"staffing_version": event["data"]["version"], "confirmed": event["data"]["confirmed"]}
    return _apply(taken, event, "$link_version", 1)


def linked(event: Document) -> Document:
    return _answer("charity.link.linked", event, documents.linked_data(event))


def confirmed(event: Document, volunteer: str) -> Document:
    return _answer("volunteering.staffing.confirmed", event, documents.confirmed_data(event, volunteer))


def ready(event: Document, need: Document) -> Document:
    return _answer("stations.need.ready", event, documents.ready_data(need))


def _apply(taken: Document, event: Document, other: str, enough: int) -> list[Document]:
    state: Document = {"$cond": [{"$gte": [other, enough]}, "ready", "$state"]}
    entry: Document = {"$literal": [{"state": event["type"], "at": event["time"]}]}
    timeline: dict[str, Any] = {"$concatArrays": ["$timeline", entry]}
    return [{"$set": {**taken, "state": state, "timeline": timeline, "version": {"$add": ["$version", 1]}}}]


def _answer(event_type: str, event: Document, data: Document) -> Document:
    head = documents.envelope(
        event_type, event["subject"], event["area"], event["time"], event["correlationid"], event["id"]
    )
    return {**head, "data": data}
