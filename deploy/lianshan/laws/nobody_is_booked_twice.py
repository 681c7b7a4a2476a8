"""L4: nobody is booked twice, and no need gets more people than it asked for."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from deploy.lianshan.laws.nothing_is_lost import HELD
from deploy.lianshan.laws.streams import MAX_BREACHES, find_by_id, split_into_chunks
from deploy.lianshan.stores import Document, Stores
from shared.contracts.reasons import Reason, reason

PROMISED: Final = frozenset({"accepted", "checked_in"})
"""States of a dispatch whose service is not over."""


def nobody_is_booked_twice(stores: Stores) -> Iterator[Reason]:
    """Yield the breaches of L4, at most MAX_BREACHES of each rule."""
    yield from islice(find_overlaps(stores), MAX_BREACHES)
    yield from islice(find_overfilled(stores), MAX_BREACHES)
    yield from islice(find_stale_bookings(stores), MAX_BREACHES)


def find_overlaps(stores: Stores) -> Iterator[Reason]:
    """Yield the persons who hold two dispatches that overlap in time, under one id or under several merged ones."""
    survivors = _find_survivors(stores)
    of_several: dict[str, list[Document]] = {}
    before: Document | None = None
    for row in _find_held(stores):
        if row["volunteer"] in survivors:
            of_several.setdefault(survivors[row["volunteer"]], []).append(row)
        if before is not None and before["volunteer"] == row["volunteer"] and row["starts"] < before["ends"]:
            yield reason(
                "volunteer_booked_twice",
                volunteer=row["volunteer"], one=before["dispatch"], other=row["dispatch"],
            )  # fmt: skip
        # Of two that overlap the one that ends later is kept, so that a third is held against it.
        if before is None or before["volunteer"] != row["volunteer"] or row["ends"] >= before["ends"]:
            before = row
    for rows in of_several.values():
        yield from _find_overlaps_of_person(rows)


def _find_overlaps_of_person(rows: list[Document]) -> Iterator[Reason]:
    """Yield the overlaps of a promise under one id with a dispatch under another.

    Two services that took place under two ids, before anybody knew that they were one person's, are history.
    """
    rows.sort(key=lambda row: row["starts"])
    for nth, one in enumerate(rows):
        for other in rows[nth + 1 :]:
            if other["starts"] >= one["ends"]:
                break
            if one["volunteer"] != other["volunteer"] and PROMISED & {one["state"], other["state"]}:
                yield reason(
                    "volunteer_booked_twice",
                    volunteer=one["volunteer"], one=one["dispatch"], other=other["dispatch"],
                )  # fmt: skip


def _find_survivors(stores: Stores) -> dict[str, str]:
    """Return the ids that took part in a merge, each with the one that it stands for."""
    rows = stores.collection("volunteering", "identities").find({}, {"survivor": 1}, batch_size=500)
    return {row["_id"]: row["survivor"] for row in rows}


def _find_held(stores: Stores) -> Iterator[Document]:
    """Yield the held dispatches, sorted by volunteer and start. MongoDB sorts on its disk where memory is short."""
    pipeline: list[Document] = [
        {"$project": {"starts_at": 1, "ends_at": 1, "dispatches": 1}},
        {"$unwind": "$dispatches"},
        {"$match": {"dispatches.state": {"$in": sorted(HELD)}}},
        {
            "$project": {
                "_id": 0,
                "volunteer": "$dispatches.volunteer_id",
                "dispatch": "$dispatches.id",
                "state": "$dispatches.state",
                "starts": "$starts_at",
                "ends": "$ends_at",
            }
        },
        {"$sort": {"volunteer": 1, "starts": 1}},
    ]
    yield from stores.collection("volunteering", "staffings").aggregate(pipeline, allowDiskUse=True)


def find_overfilled(stores: Stores) -> Iterator[Reason]:
    """Yield the needs that hold more people than they asked for, or one person twice."""
    held: Document = {"$filter": {"input": "$dispatches", "cond": {"$in": ["$$this.state", sorted(HELD)]}}}
    # The server compares, so that only the breaches cross the wire.
    pipeline: list[Document] = [
        {"$project": {"headcount": 1, "held": {"$map": {"input": held, "in": "$$this.volunteer_id"}}}},
        {"$project": {"headcount": 1, "held": {"$size": "$held"}, "people": {"$size": {"$setUnion": ["$held"]}}}},
        {"$match": {"$expr": {"$or": [{"$gt": ["$held", "$headcount"]}, {"$lt": ["$people", "$held"]}]}}},
        {"$limit": MAX_BREACHES},
    ]
    for row in stores.collection("volunteering", "staffings").aggregate(pipeline, allowDiskUse=True):
        if row["held"] > row["headcount"]:
            yield reason("need_overfilled", need=row["_id"], headcount=row["headcount"], held=row["held"])
        if row["people"] < row["held"]:
            yield reason("volunteer_twice_in_need", need=row["_id"])


def find_stale_bookings(stores: Stores) -> Iterator[Reason]:
    """Yield the slots kept for a dispatch that is not held any more: they keep a volunteer from helping elsewhere."""
    survivors = _find_survivors(stores)
    booked = stores.collection("volunteering", "volunteers").find(
        {"bookings.0": {"$exists": True}}, {"bookings": 1}, batch_size=500
    )
    for part in split_into_chunks(booked):
        # A booking is [dispatch id, start, end].
        wanted = {booking[0]: row["_id"] for row in part for booking in row["bookings"]}
        held = _find_holders(stores, wanted)
        for dispatch_id, volunteer in wanted.items():
            holder = held.get(dispatch_id, "")
            # A slot of a service under a merged id stands with the surviving one.
            if survivors.get(holder, holder) != survivors.get(volunteer, volunteer):
                yield reason("slot_not_held", volunteer=volunteer, dispatch=dispatch_id)


def _find_holders(stores: Stores, wanted: dict[str, str]) -> dict[str, str]:
    # The id of a dispatch, dsp_<need>.<number>, holds that of the need whose staffing it stands in.
    needs = {dispatch_id.removeprefix("dsp_").rpartition(".")[0] for dispatch_id in wanted}
    staffings = find_by_id(stores.collection("volunteering", "staffings"), needs, {"dispatches": 1})
    rows = (row for staffing in staffings.values() for row in staffing["dispatches"])
    return {row["id"]: row["volunteer_id"] for row in rows if row["state"] in HELD}
