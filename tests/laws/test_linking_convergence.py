"""L2 and L3: in any order and with any repetition of events charity ends the same, and no value is lost or made."""

import random
from typing import Any

from charity_in_memory import COMMUNITY, NEIGHBOUR, OTHER_STREET, CharityInMemory, gift_of, happened, money, oil, rice
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from services.charity.linking.domain.link import Link
from shared.contracts.charity.linking import LinkSnapshot, ResourcesDelivered, ResourcesLinked, ResourcesReleased
from shared.contracts.envelope import CloudEvent
from shared.contracts.need_parts import Line
from shared.contracts.stations.amending import NeedAmended
from shared.contracts.stations.needs import NeedCancelled, NeedConfirmed, NeedExtended, NeedPublished, NeedUnmet
from shared.contracts.stations.reopening import EndUndone
from shared.ledger import Transfer

COURSES = {
    "open": [(NeedPublished, 2)],
    "partly": [(NeedPublished, 2), (NeedConfirmed, 7)],
    "confirmed": [(NeedPublished, 2), (NeedConfirmed, 4)],
    "cancelled": [(NeedPublished, 2), (NeedCancelled, 5)],
    "unmet": [(NeedPublished, 2), (NeedUnmet, 3)],
    "reopened": [(NeedPublished, 2), (NeedUnmet, 3), (EndUndone, 5)],
    "reopened, confirmed": [(NeedPublished, 2), (NeedCancelled, 3), (EndUndone, 5), (NeedConfirmed, 7)],
    "reopened, unmet": [(NeedPublished, 2), (NeedUnmet, 3), (EndUndone, 5), (NeedUnmet, 8)],
    "amended": [(NeedPublished, 2), (NeedAmended, 4)],
    "amended, extended": [(NeedPublished, 2), (NeedAmended, 4), (NeedExtended, 6)],
    "amended, confirmed": [(NeedPublished, 2), (NeedAmended, 4), (NeedConfirmed, 7)],
    "amended, cancelled": [(NeedPublished, 2), (NeedAmended, 4), (NeedCancelled, 7)],
    "amended, reopened": [(NeedPublished, 2), (NeedAmended, 4), (NeedCancelled, 6), (EndUndone, 7), (NeedAmended, 8)],
}
ENDS = {
    "open": "committed",
    "partly": "delivered",
    "confirmed": "delivered",
    "cancelled": "released",
    "unmet": "released",
    "reopened": "committed",
    "reopened, confirmed": "delivered",
    "reopened, unmet": "released",
    "amended": "committed",
    "amended, extended": "committed",
    "amended, confirmed": "delivered",
    "amended, cancelled": "released",
    "amended, reopened": "committed",
}
AREAS = (COMMUNITY, NEIGHBOUR, OTHER_STREET)
LINES = ([rice(2)], [rice(5), oil(1, "l2")], [money(70)], [rice(1), rice(1, "l2"), money(30, "l3")])
OTHER_LINES = ([rice(1), rice(4, "l2")], [oil(3, "l3")], [money(20), oil(2, "l2")], [rice(3), money(45, "l3")])
"""The request of an amended need: more or less of a line, lines dropped and added."""
NEEDS = st.lists(
    st.tuples(st.sampled_from(sorted(COURSES)), st.sampled_from(AREAS), st.sampled_from(range(len(LINES)))),
    min_size=1,
    max_size=6,
)
GIFTS = st.lists(st.tuples(st.sampled_from(AREAS), st.integers(1, 6)), max_size=6)
Need = tuple[str, str, int]


def events_of(needs: list[Need]) -> list[CloudEvent]:
    return [
        happened(
            kind,
            f"need_{n}",
            asked(course, lines, version),
            area=place(course, area, version),
            version=version,
            score=10 * n,
            **stated(course, lines, kind),
        )
        for n, (course, area, lines) in enumerate(needs)
        for kind, version in COURSES[course]
    ]


def is_amended(course: str, version: int = 99) -> bool:
    return any(kind is NeedAmended and version >= since for kind, since in COURSES[course])


def asked(course: str, lines: int, version: int = 99) -> list[Line]:
    """The lines for which the need asks by that version."""
    return OTHER_LINES[lines] if is_amended(course, version) else LINES[lines]


def place(course: str, area: str, version: int = 99) -> str:
    """Every second amendment has the need moved to the station next door."""
    return NEIGHBOUR if is_amended(course, version) and area == COMMUNITY else area


def stated(course: str, lines: int, kind: type) -> dict[str, Any]:
    if kind is NeedAmended:
        return {"amended": ("lines",), "amended_for": "entered_wrongly"}
    if kind is NeedExtended:
        return {"extended_for": "delivery_delayed"}
    if kind is EndUndone:
        return {"reopened_for": "still_needed"}
    return {"delivered": got(course, lines)} if course == "partly" else {}


def got(course: str, lines: int) -> tuple[int, ...]:
    """A part of each line; the first line of a need that was served in part got one unit less than it asked for."""
    less = course == "partly"
    return tuple(line.requested - (less and not nth) for nth, line in enumerate(asked(course, lines)))


def played(
    events: list[CloudEvent], gifts: list[tuple[str, int]], supply: int, chance: random.Random
) -> CharityInMemory:
    charity = CharityInMemory()
    fund = charity.open_fund("1101")
    if supply:
        for area in AREAS:
            charity.donate(area, supply)
            charity.donate(area, supply, "shampoo", "bottle")
        charity.give_money(fund, supply)
    steps: list[CloudEvent | tuple[str, int]] = [*events, *events, *gifts]
    chance.shuffle(steps)
    for step in steps:
        if isinstance(step, CloudEvent):
            # Without its memory of seen messages, the handlers alone must bear the repetition.
            charity.engine.seen.clear()
            charity.engine.event(step)
        else:
            charity.donate(*step)
        assert charity.broken_laws() == []
    return charity


def played_in_batches(
    events: list[CloudEvent], gifts: list[tuple[str, int]], supply: int, chance: random.Random
) -> CharityInMemory:
    """As the engine does under load: several messages are decided together and loaded together."""
    charity = played([], [], supply, chance)
    messages = [charity.engine.incoming("event", e.data, e.type, e.key, e) for e in events * 2]
    for number, (area, quantity) in enumerate(gifts):
        gift = gift_of(area, quantity)
        messages.append(charity.engine.incoming("command", gift, gift.type, f"gift-{number}"))
    chance.shuffle(messages)
    while messages:
        charity.engine.seen.clear()
        size = chance.randint(1, 12)
        outcomes = charity.engine.batch(messages[:size])
        del messages[:size]
        assert [o.failure or o.refusal for o in outcomes] == [None] * len(outcomes)
        assert charity.broken_laws() == []
    return charity


@examples(100)
@given(NEEDS, GIFTS, st.randoms(use_true_random=False), st.booleans())
def test_with_ample_supply_any_order_ends_in_the_same_links(
    needs: list[Need], gifts: list[tuple[str, int]], chance: random.Random, batches: bool
) -> None:
    charity = (played_in_batches if batches else played)(events_of(needs), gifts, 1000, chance)
    for n, (course, area, lines) in enumerate(needs):
        link = charity.link(f"need_{n}")
        wanted = [line.requested for line in asked(course, lines)]
        nothing = [0] * len(wanted)
        assert link.state == ENDS[course]
        assert link.area == place(course, area)
        assert [x.line_id for x in link.lines] == [line.id for line in asked(course, lines)]
        given = [*got(course, lines)] if link.state == "delivered" else nothing
        assert [x.committed for x in link.lines] == (wanted if link.state == "committed" else given)
        assert [x.fulfilled for x in link.lines] == given
    assert used(charity) == expected_used(needs)


@examples(100)
@given(NEEDS, GIFTS, st.integers(0, 3), st.randoms(use_true_random=False), st.booleans())
def test_with_scarce_supply_value_is_conserved_and_nothing_waits_beside_what_it_waits_for(
    needs: list[Need], gifts: list[tuple[str, int]], supply: int, chance: random.Random, batches: bool
) -> None:
    charity = (played_in_batches if batches else played)(events_of(needs), gifts, supply, chance)
    held = {t.id: t.amount for t in charity.engine.all(Transfer) if t.state == "pending"}
    sources = [s for link in charity.engine.all(Link) if not link.ended for s in link.sources]
    assert {s.transfer_id: s.amount for s in sources} == held, "every reservation belongs to one link"
    for link in charity.engine.all(Link):
        for commodity in link.missing:
            free = [a for a in charity.accounts() if a.commodity == commodity and a.forbids_overdraft and a.available]
            assert not free, f"{link.id} waits for {commodity} beside {free}"


@examples(60)
@given(NEEDS, GIFTS, st.integers(0, 3), st.randoms(use_true_random=False), st.booleans())
def test_every_step_of_a_link_is_announced_once_and_the_last_event_is_the_whole(
    needs: list[Need], gifts: list[tuple[str, int]], supply: int, chance: random.Random, batches: bool
) -> None:
    charity = (played_in_batches if batches else played)(events_of(needs), gifts, supply, chance)
    kinds = {kind.type for kind in (ResourcesLinked, ResourcesReleased, ResourcesDelivered)}
    last: dict[str, LinkSnapshot] = {}
    for event in charity.engine.events:
        if event.type in kinds:
            assert event.data.version == event.version
            assert event.data.version == (last[event.subject].version + 1 if event.subject in last else 1)
            last[event.subject] = event.data
    for link in charity.engine.all(Link):
        announced = last[link.id]
        assert (announced.version, announced.state) == (link.version, link.state)
        assert [(a.committed, a.fulfilled) for a in announced.amounts] == [
            (x.committed, x.fulfilled) for x in link.lines
        ]


def expected_used(needs: list[Need]) -> dict[str, int]:
    total: dict[str, int] = {}
    for course, _, lines in needs:
        for line, amount in zip(asked(course, lines), got(course, lines), strict=True):
            if ENDS[course] == "delivered":
                total[_commodity(line)] = total.get(_commodity(line), 0) + amount
    return {commodity: amount for commodity, amount in total.items() if amount}


def used(charity: CharityInMemory) -> dict[str, int]:
    total: dict[str, int] = {}
    for account in charity.accounts():
        if account.kind == "used" and account.balance:
            total[account.commodity] = total.get(account.commodity, 0) + account.balance
    return total


def _commodity(line: Line) -> str:
    return line.commodity
