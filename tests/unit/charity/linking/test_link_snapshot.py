"""A link as others see it: in events, in answers, and with the reasons why it waits."""

from typing import Any

import pytest

from services.charity.linking.domain.link import MAX_SOURCES, Link, LinkLine
from services.charity.linking.domain.snapshot import build_snapshot, describe_link, explain_waiting
from shared.contracts.charity.linking import LinkAnswer, LinkLineAnswer, ResourcesLinked, Source
from shared.contracts.charity.stock import StockView
from shared.contracts.need_parts import Amount, Tried, Waiting
from shared.contracts.reasons import reason
from shared.engine.decide.memory import START

QUILTS, MONEY = "goods:quilt:piece", "CNY"
TRIED = (Tried(ring="community", gave=2, reasons=(reason("own_station"),)),)


def source(nth: int = 1) -> Source:
    return Source(line_id="l1", account_id=f"stock:st_1:{QUILTS}", transfer_id=f"tr_{nth}", ring="community", amount=2)


def link(**fields: Any) -> Link:
    lines = (
        LinkLine(line_id="l1", commodity=QUILTS, requested=5, committed=2, fulfilled=1),
        LinkLine(line_id="l2", commodity=MONEY, requested=300, committed=300),
        LinkLine(line_id="l3", commodity=QUILTS, requested=4),
    )
    given: dict[str, Any] = {
        "id": "need_1", "version": 6, "station_id": "st_1", "area": "110102009017", "state": "partial", "priority": 40,
        "published_at": START, "need_version": 3, "lines": lines, "sources": (source(),), "tried": TRIED, **fields,
    }  # fmt: skip
    return Link(**given)


def waits(missing: int, commodity: str, because: str, step: str, **args: int) -> Waiting:
    return Waiting(
        for_what=reason("for_commodity", missing=missing, commodity=commodity),
        reason=reason(because, **args), next_step=reason(step),
    )  # fmt: skip


def test_the_event_of_a_link_has_its_whole_state_and_the_accounts_that_the_step_changed() -> None:
    account = StockView(
        account_id=f"stock:st_1:{QUILTS}",
        version=9,
        holder_id="st_1",
        area="110102009017",
        commodity=QUILTS,
        balance=8,
        reserved=2,
    )
    event = build_snapshot(ResourcesLinked, link(), [account])
    assert isinstance(event, ResourcesLinked)
    assert (event.need_id, event.version, event.state, event.area) == ("need_1", 6, "partial", "110102009017")
    assert event.amounts == (
        Amount(line_id="l1", committed=2, fulfilled=1),
        Amount(line_id="l2", committed=300, fulfilled=0),
        Amount(line_id="l3", committed=0, fulfilled=0),
    )
    assert (event.sources, event.tried, event.stock) == ((source(),), TRIED, (account,))
    assert event.waiting == explain_waiting(link())


def test_the_answer_about_a_link_has_its_lines_with_what_they_asked_for() -> None:
    answer = describe_link(link())
    assert answer == LinkAnswer(
        need_id="need_1", version=6, station_id="st_1", area="110102009017", state="partial", priority=40,
        published_at=START, waiting_since=START, need_version=3,
        lines=(
            LinkLineAnswer(line_id="l1", commodity=QUILTS, requested=5, committed=2, fulfilled=1),
            LinkLineAnswer(line_id="l2", commodity=MONEY, requested=300, committed=300, fulfilled=0),
            LinkLineAnswer(line_id="l3", commodity=QUILTS, requested=4, committed=0, fulfilled=0),
        ),
        sources=(source(),), tried=TRIED, waiting=explain_waiting(link()),
    )  # fmt: skip


def test_the_lines_of_one_commodity_wait_together_and_only_for_what_they_lack() -> None:
    assert explain_waiting(link()) == (waits(7, QUILTS, "part_left_in_city", "next_gift_or_release"),)


def test_a_link_that_has_nothing_says_that_there_is_nothing() -> None:
    nothing = link(sources=(), state="waiting", lines=(LinkLine(line_id="l1", commodity=MONEY, requested=9),))
    assert explain_waiting(nothing) == (waits(9, MONEY, "nothing_left_in_funds", "next_fund_gift_or_release"),)


def test_a_link_that_may_hold_no_more_reservations_says_how_many_it_may() -> None:
    full = link(sources=tuple(source(n) for n in range(MAX_SOURCES)))
    assert explain_waiting(full) == (waits(7, QUILTS, "accounts_used_up", "bring_together_or_split", most=MAX_SOURCES),)
    assert explain_waiting(link(sources=full.sources[1:])) == (
        waits(7, QUILTS, "part_left_in_city", "next_gift_or_release"),
    )


@pytest.mark.parametrize("state", ["committed", "delivered", "released"])
def test_a_link_that_has_all_or_has_ended_waits_for_nothing(state: str) -> None:
    assert explain_waiting(link(state=state)) == ()
