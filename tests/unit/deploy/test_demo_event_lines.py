"""The line of an event in the demo: plain words, and none about a person."""

from datetime import UTC, datetime, timedelta
from typing import Any

from deploy.lianshan.demo.event_lines import describe_event
from deploy.lianshan.demo.words import DemoWords
from shared.contracts.charity.donations import DonationReceived, GoodsTaken
from shared.contracts.charity.linking import ResourcesLinked, Source
from shared.contracts.messages import EVENTS
from shared.contracts.need_parts import Waiting
from shared.contracts.reasons import Reason, reason
from shared.contracts.registry import load_contracts
from shared.contracts.volunteering.dispatch import DispatchView, StaffingChanged, VolunteersConfirmed, VolunteersOffered

load_contracts()
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def linked(state: str, *rings: str, waits: Reason | None = None) -> ResourcesLinked:
    sources = [Source(line_id="l1", account_id="a", transfer_id=f"t{n}", ring=r, amount=1) for n, r in enumerate(rings)]
    waiting = (
        [Waiting(for_what=waits, reason=reason("nothing_is_left"), next_step=reason("the_next_donation"))]
        if waits
        else []
    )
    parts: dict[str, Any] = {"need_id": "n", "version": 1, "state": state, "area": "110102009017"}
    return ResourcesLinked(**parts, sources=tuple(sources), waiting=tuple(waiting))


def staffing(kind: type[Any], **facts: Any) -> Any:
    parts = {"need_id": "n", "version": 1, "state": "offered", "area": "110102009017", "headcount": 3}
    return kind(**{**parts, "confirmed": 0, "offered": 0, **facts})


def dispatch(state: str, minutes: int = 0) -> DispatchView:
    return DispatchView(
        dispatch_id="d", version=1, volunteer_id="v", state=state, ring="street", wave=1, starts_at=NOW,
        ends_at=NOW + timedelta(hours=1), minutes=minutes, why=reason("near"),
    )  # fmt: skip


EN, ZH = DemoWords("en"), DemoWords("zh")


def words(event: Any, language: DemoWords = EN) -> str:
    line = describe_event(event, language)
    assert line is not None
    return line.words


def test_the_rings_that_gave_are_named_from_near_to_far_and_each_once() -> None:
    assert words(linked("committed", "station", "street", "street")) == "linked: own station, street"
    assert words(linked("committed", "station", "street"), ZH) == "资源链接：本站、街道"


def test_a_need_that_waits_says_for_how_much_of_what() -> None:
    assert words(linked("waiting", waits=reason("for_commodity", missing=3, commodity="goods:wheelchair"))) == (
        "nothing up to the city; waits for 3 piece wheelchair"
    )
    assert (
        words(linked("partial", "street", waits=reason("for_commodity", missing=60000, commodity="CNY")))
        == "in part linked: street; waits for CNY 600"
    )


def test_the_headcount_reached_and_the_offers_out_are_told() -> None:
    assert words(staffing(VolunteersConfirmed, confirmed=3)) == "3 of 3 volunteers confirmed"
    assert words(staffing(VolunteersOffered, confirmed=1, offered=4)) == "1 of 3 volunteers, 4 offers out"


def test_a_decline_is_told_whichever_event_brings_it() -> None:
    for kind in (VolunteersOffered, StaffingChanged):
        assert "declined" in words(staffing(kind, offered=5, changed=(dispatch("declined"),)))


def test_check_ins_are_told_once_the_last_one_is_in() -> None:
    assert describe_event(staffing(StaffingChanged, state="serving", confirmed=3, checked_in=2), EN) is None
    assert words(staffing(StaffingChanged, state="serving", confirmed=3, checked_in=3)) == "all 3 checked in"


def test_credited_minutes_are_summed_up() -> None:
    credited = (dispatch("credited", 40), dispatch("credited", 50))
    assert words(staffing(StaffingChanged, state="credited", changed=credited)) == (
        "2 credited 1 hour 30 minutes in all"
    )


def test_a_gift_is_told_by_what_it_is() -> None:
    gift = DonationReceived(
        donation_id="d",
        area="110102009017",
        goods=(GoodsTaken(item="quilt", quantity=20, unit="piece", base_unit="piece", base_quantity=20),),
    )
    assert words(gift) == "donation: 20 piece quilt"
    assert words(gift, ZH) == "捐赠：20件棉被"


def test_events_that_come_by_the_dozen_are_not_told_one_by_one() -> None:
    for kind in ("volunteering.volunteer.registered", "volunteering.hours.credited", "charity.donor.registered"):
        assert describe_event(EVENTS[kind].model_construct(), EN) is None


def test_one_volunteer_is_told_of_in_the_singular() -> None:
    alone = staffing(StaffingChanged, state="in_service", headcount=1, confirmed=1, checked_in=1)
    several = staffing(StaffingChanged, state="in_service", confirmed=3, checked_in=3)
    said = [describe_event(data, DemoWords("en")) for data in (alone, several)]
    assert [line and line.words for line in said] == ["the one volunteer checked in", "all 3 checked in"]
