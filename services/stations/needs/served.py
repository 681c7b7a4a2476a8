"""The query that counts the residents whom needs have served, each once. No name and no id leaves the service."""

from collections.abc import Iterator, Sequence
from typing import Final

from services.stations.needs.domain.named import NeedResidents
from services.stations.needs.domain.need import Need
from services.stations.needs.storage import IS_DATE, MAX_MILLIS
from shared.contracts.refusals import Refused
from shared.contracts.stations.served import CountResidentsServed, ResidentsServedAnswer
from shared.engine import Document, QueryTable, Store
from shared.people.resolution import find_survivors

MOST_COUNTED: Final = 20_000
"""Confirmed needs of one question: a district in a month."""
_CHUNK: Final = 1_000
_AFTER_DIGITS: Final = ":"
"""The character after `9`: the codes that begin with a prefix end before it."""


def count_residents_served(query: CountResidentsServed, store: Store) -> ResidentsServedAnswer:
    """Return the numbers of needs confirmed in the area within the time, and of people served by them.

    Raises Refused("invalid", "too_many_needs") beyond MOST_COUNTED, rather than to count a part.
    """
    rule: Document = {
        # Also of everywhere: the index begins with the area.
        "area": {"$gte": query.area, "$lt": query.area + _AFTER_DIGITS},
        "confirmed_at": {"$gte": query.since, "$lt": query.before, **IS_DATE},
    }
    rows = store[Need.collection].find(rule, {"beneficiaries": 1}).limit(MOST_COUNTED + 1).max_time_ms(MAX_MILLIS)
    beneficiaries = {str(row["_id"]): int(row["beneficiaries"]) for row in rows}
    if len(beneficiaries) > MOST_COUNTED:
        raise Refused("invalid", "too_many_needs", field="period", most=MOST_COUNTED)
    named, people = dict[str, int](), set[str]()
    for ids in _chunks(list(beneficiaries)):
        found = store[NeedResidents.collection].find({"_id": {"$in": ids}}, {"residents": 1}).max_time_ms(MAX_MILLIS)
        for row in found:
            named[row["_id"]] = len(row["residents"])
            people.update(row["residents"])
    survivors = dict[str, str]()
    for ids in _chunks(sorted(people)):
        survivors |= find_survivors(store, ids)
    return ResidentsServedAnswer(
        needs=len(beneficiaries),
        residents=len({survivors.get(one, one) for one in people}),
        unidentified=sum(max(0, count - named.get(need_id, 0)) for need_id, count in beneficiaries.items()),
    )


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for begin in range(0, len(ids), _CHUNK):
        yield ids[begin : begin + _CHUNK]


QUERIES: Final[QueryTable] = {CountResidentsServed: count_residents_served}
