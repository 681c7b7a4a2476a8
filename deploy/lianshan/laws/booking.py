"""L4: nobody is booked twice, and no need gets more people than it asked for."""

from collections.abc import Iterator
from itertools import islice

from deploy.lianshan.laws.nothing_lost import HELD
from deploy.lianshan.laws.stores import MOST, Document, Stores, by_id, chunks


def nobody_is_booked_twice(stores: Stores) -> Iterator[str]:
    """Breaches of L4 in words."""
    yield from islice(overlaps(stores), MOST)
    yield from islice(too_many(stores), MOST)
    yield from islice(stale_bookings(stores), MOST)


def overlaps(stores: Stores) -> Iterator[str]:
    """Volunteers whose dispatches overlap."""
    before: Document | None = None
    for row in _held(stores):
        if before is not None and before["volunteer"] == row["volunteer"] and row["starts"] < before["ends"]:
            yield f"volunteer {row['volunteer']} has {before['dispatch']} and {row['dispatch']} at the same time"
        # Of two that overlap the one that ends later is kept, so that a third is held against it.
        if before is None or before["volunteer"] != row["volunteer"] or row["ends"] >= before["ends"]:
            before = row


def _held(stores: Stores) -> Iterator[Document]:
    pipeline: list[Document] = [
        {"$project": {"starts_at": 1, "ends_at": 1, "dispatches": 1}},
        {"$unwind": "$dispatches"},
        {"$match": {"dispatches.state": {"$in": sorted(HELD)}}},
        {
            "$project": {
                "_id": 0,
                "volunteer": "$dispatches.volunteer_id",
                "dispatch": "$dispatches.id",
                "starts": "$starts_at",
                "ends": "$ends_at",
            }
        },
        {"$sort": {"volunteer": 1, "starts": 1}},
    ]
    yield from stores.collection("volunteering", "staffings").aggregate(pipeline, allowDiskUse=True)


def too_many(stores: Stores) -> Iterator[str]:
    """Needs to which more people were promised than they asked for, or one person twice. The server compares."""
    held: Document = {"$filter": {"input": "$dispatches", "cond": {"$in": ["$$this.state", sorted(HELD)]}}}
    pipeline: list[Document] = [
        {"$project": {"headcount": 1, "held": {"$map": {"input": held, "in": "$$this.volunteer_id"}}}},
        {"$project": {"headcount": 1, "held": {"$size": "$held"}, "people": {"$size": {"$setUnion": ["$held"]}}}},
        {"$match": {"$expr": {"$or": [{"$gt": ["$held", "$headcount"]}, {"$lt": ["$people", "$held"]}]}}},
        {"$limit": MOST},
    ]
    for row in stores.collection("volunteering", "staffings").aggregate(pipeline, allowDiskUse=True):
        if row["held"] > row["headcount"]:
            yield f"need {row['_id']} asked for {row['headcount']} people and got {row['held']}"
        if row["people"] < row["held"]:
            yield f"need {row['_id']} has one volunteer twice"


def stale_bookings(stores: Stores) -> Iterator[str]:
    """Slots kept for a dispatch that is not held any more: they keep a volunteer from helping elsewhere."""
    booked = stores.collection("volunteering", "volunteers").find(
        {"bookings.0": {"$exists": True}}, {"bookings": 1}, batch_size=500
    )
    for part in chunks(booked):
        wanted = {hold[0]: row["_id"] for row in part for hold in row["bookings"]}
        held = _held_among(stores, wanted)
        for dispatch_id, volunteer in wanted.items():
            if held.get(dispatch_id) != volunteer:
                yield f"volunteer {volunteer} keeps a slot for {dispatch_id}, which is not held"


def _held_among(stores: Stores, wanted: dict[str, str]) -> dict[str, str]:
    needs = {dispatch_id.removeprefix("dsp_").rpartition(".")[0] for dispatch_id in wanted}
    staffings = by_id(stores.collection("volunteering", "staffings"), needs, {"dispatches": 1})
    rows = (row for staffing in staffings.values() for row in staffing["dispatches"])
    return {row["id"]: row["volunteer_id"] for row in rows if row["state"] in HELD}
