"""Scarce supply is shared: after any events in any order, nobody waits beside supply that serves another less."""

import random
from datetime import timedelta

from charity_in_memory import (
    COMMUNITY,
    HOUR,
    NEIGHBOUR,
    OTHER_DISTRICT,
    OTHER_STREET,
    RICE,
    CharityInMemory,
    happened,
    rice,
)
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from services.charity.linking.domain.link import Link
from services.charity.linking.domain.waiting_order import band_at
from services.charity.linking.policy import LinkingPolicy
from shared.contracts.envelope import CloudEvent
from shared.contracts.stations.needs import NeedPublished
from shared.engine.decide.memory import START
from shared.ledger import Transfer

SOON = timedelta(seconds=3)
REST = timedelta(seconds=30)
"""Rechecks follow each other for as long as they serve anybody."""
PLACES = (COMMUNITY, NEIGHBOUR, OTHER_STREET, OTHER_DISTRICT)
ASKED = st.lists(
    st.tuples(
        st.integers(0, 100), st.sampled_from(PLACES), st.integers(0, 40), st.integers(1, 30), st.booleans(),
        st.integers(1, 30),
    ),
    min_size=1,
    max_size=8,
)  # fmt: skip
GIFTS = st.lists(st.tuples(st.sampled_from(PLACES), st.integers(1, 30)), min_size=1, max_size=5)


@examples(60)
@given(ASKED, GIFTS, st.randoms(use_true_random=False))
def test_nobody_waits_beside_supply_that_serves_another_less(
    asked: list[tuple[int, str, int, int, bool, int]], gifts: list[tuple[str, int]], chance: random.Random
) -> None:
    charity = CharityInMemory(LinkingPolicy())
    events: list[CloudEvent] = []
    for number, (score, place, hours, pieces, divisible, least) in enumerate(asked):
        rules = {"divisible": divisible, "min_useful": min(least, pieces) if divisible else 1}
        line = rice(pieces).model_copy(update=rules)
        more = {"area": place, "score": score, "published_at": START - hours * HOUR}
        events.append(happened(NeedPublished, f"need_{number}", [line], **more))  # type: ignore[arg-type]
    steps: list[CloudEvent | tuple[str, int]] = [*events, *events, *gifts]
    chance.shuffle(steps)
    for step in steps:
        charity.engine.seen.clear()
        if isinstance(step, tuple):
            charity.donate(*step)
        else:
            charity.engine.event(step)
        if chance.random() < 0.3:
            charity.engine.advance(chance.choice((SOON, HOUR)))
        assert charity.broken_laws() == []
    charity.engine.advance(REST)
    check_at_rest(charity)
    charity.engine.advance(7.9 * HOUR - (charity.engine.now - START))
    check_at_rest(charity)
    assert not [link.id for link in charity.engine.all(Link) if link.idle_lines], "offered on before the due time"


def check_at_rest(charity: CharityInMemory) -> None:
    links, now = charity.engine.all(Link), charity.engine.now
    free = sum(a.available for a in charity.accounts() if a.commodity == RICE and a.forbids_overdraft)
    held_now = {t.id: t.amount for t in charity.engine.all(Transfer) if t.state == "pending"}
    assert {s.transfer_id: s.amount for link in links for s in link.sources} == held_now
    waiting = [link for link in links if link.missing]
    for link in waiting:
        (line,) = link.lines
        assert not line.is_useful(free) or not free, f"{link.id} waits beside {free}"
        assert not free or not link.holds_on(now), f"{link.id} may hold {free} until it has all"
        for other in waiting:
            (theirs,) = other.lines
            smaller = line.requested.bit_length() < theirs.requested.bit_length()
            before = band_at(link, now) > band_at(other, now) or (band_at(link, now) == band_at(other, now) and smaller)
            kept = theirs.is_useful() and not other.holds_on(now)
            assert not (before and not kept and theirs.committed >= line.missing), (
                f"{other.id} holds in part what would complete {link.id}"
            )
