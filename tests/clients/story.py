"""The main story with the client that openapi-python-client makes of the description, as a platform would write it.

A program of its own: `story.py URL KEY AREA NOW`, where AREA is a community without a station and NOW the city's time.
It ends with 0 where all went well. tests/integration/test_generated_clients.py checks its types and runs it.
"""

import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from httpx import Timeout
from lianshan_api import AuthenticatedClient
from lianshan_api.api.dispatches import accept_offer, check_in, check_out, list_dispatches
from lianshan_api.api.donations import record_donation
from lianshan_api.api.donors import register_donor
from lianshan_api.api.events import list_events
from lianshan_api.api.funds import open_fund
from lianshan_api.api.needs import confirm_need, evaluate_need, list_needs, publish_need, read_need, register_need
from lianshan_api.api.stations import open_station
from lianshan_api.api.stock import list_stock
from lianshan_api.api.timebank import read_account
from lianshan_api.api.volunteers import register_volunteer
from lianshan_api.models import (
    AccountAnswer,
    ConfirmIn,
    DispatchAnswer,
    DispatchPage,
    DispatchState,
    DonationAnswer,
    DonationIn,
    DonorAnswer,
    EvaluateIn,
    FeedPage,
    FundAnswer,
    GivenGoods,
    GoodsAsked,
    HoursCreditedEvent,
    LineKind,
    LinkState,
    MoneyAsked,
    NeedAnswer,
    NeedIn,
    NeedPage,
    NeedPublishedEvent,
    NeedState,
    OpenFund,
    OpenStation,
    Place,
    ProblemDocument,
    RegisterDonor,
    RegisterVolunteer,
    Station,
    StationLevel,
    StockPage,
    UrgencyWord,
    VolunteerAnswer,
    VolunteersAsked,
)

T = TypeVar("T")
SECONDS = 60


def given(kind: type[T], answer: object) -> T:
    """Return the answer, which is of that kind."""
    assert isinstance(answer, kind), answer
    return answer


def until(look: Callable[[], T | None], words: str) -> T:
    """Return the first thing that is there."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        if (found := look()) is not None:
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {SECONDS} s: {words}")


def known(kind: type[T], ask: Callable[[], object]) -> T:
    """Return the answer, once the service has heard of all that the request names."""

    def look() -> object | None:
        answer = ask()
        return None if isinstance(answer, ProblemDocument) and answer.status == 404 else answer

    return given(kind, until(look, f"an answer of the kind {kind.__name__}"))


def prepare(client: AuthenticatedClient, area: str) -> tuple[str, str]:
    """Open a station with meals and a fund with money; return the ids of the station and of a volunteer."""
    opening = OpenStation(area=area, name="Elm Lane station", level=StationLevel.STATION)
    station = given(Station, open_station.sync(client=client, body=opening))
    fund = given(FundAnswer, open_fund.sync(client=client, body=OpenFund(area=area, name="Elm Lane fund")))
    giver = RegisterDonor(name="Lin Example", area=area)
    donor = given(DonorAnswer, register_donor.sync(client=client, body=giver))
    meals = DonationIn(
        station_id=station.id, donor_id=donor.id, goods=[GivenGoods(item="hot_meal", quantity=5, unit="piece")]
    )
    assert known(DonationAnswer, lambda: record_donation.sync(client=client, body=meals)).donor_id == donor.id
    money = DonationIn(fund_id=fund.id, donor="Oak Example", amount_fen=20_000)
    assert known(DonationAnswer, lambda: record_donation.sync(client=client, body=money)).amount_fen == 20_000
    person = RegisterVolunteer(
        name="Wen Example", phone=f"+8613{time.time_ns() % 10**9:09}", area=area, birth_year=1960, skills=["cooking"],
        location=Place(lon=116.351, lat=39.931),
    )  # fmt: skip
    helper = given(VolunteerAnswer, register_volunteer.sync(client=client, body=person))
    stock = given(StockPage, list_stock.sync(client=client, station_id=station.id))
    assert [(item.item, item.available) for item in stock.items] == [("hot_meal", 5)]
    return station.id, helper.id


def ask(client: AuthenticatedClient, station: str, now: datetime) -> str:
    """Register the need as a draft and publish it; return its id."""
    body = NeedIn(
        station_id=station, title="Meals for the Example family", theme="elderly_care", urgency=UrgencyWord.HIGH,
        due=now + timedelta(days=1), location=Place(lon=116.351, lat=39.931), beneficiaries=30,
        lines=[
            GoodsAsked(kind="goods", item="hot_meal", quantity=5, unit="piece"),
            MoneyAsked(kind="money", amount_fen=10_000, purpose="transport"),
        ],
        volunteers=VolunteersAsked(headcount=1, skills=["cooking"], starts_at=now, ends_at=now + timedelta(hours=2)),
    )  # fmt: skip
    draft = known(NeedAnswer, lambda: register_need.sync(client=client, body=body))
    assert (draft.state, draft.published_at) == (NeedState.DRAFT, None)
    key = f"publish-{draft.id}"
    published = given(NeedAnswer, publish_need.sync(draft.id, client=client, idempotency_key=key, if_match='"1"'))
    again = given(NeedAnswer, publish_need.sync(draft.id, client=client, idempotency_key=key, if_match='"1"'))
    assert again.published_at == published.published_at is not None
    return draft.id


def serve(client: AuthenticatedClient, need: str, helper: str) -> None:
    """Have the volunteer accept the offer, come and go."""

    def offered() -> str | None:
        page = given(DispatchPage, list_dispatches.sync(client=client, need_id=need, state=[DispatchState.OFFERED]))
        return next((each.id for each in page.items if each.volunteer_id == helper), None)

    dispatch = until(offered, "the volunteer has an offer")
    assert given(DispatchAnswer, accept_offer.sync(dispatch, client=client)).state == DispatchState.ACCEPTED
    reach(client, need, NeedState.READY)
    assert given(DispatchAnswer, check_in.sync(dispatch, client=client)).state == DispatchState.CHECKED_IN
    reach(client, need, NeedState.IN_SERVICE)
    assert given(DispatchAnswer, check_out.sync(dispatch, client=client)).state == DispatchState.CHECKED_OUT
    reach(client, need, NeedState.SERVED)


def reach(client: AuthenticatedClient, need: str, state: NeedState) -> NeedAnswer:
    """Return the need once it has the state."""

    def look() -> NeedAnswer | None:
        found = given(NeedAnswer, read_need.sync(need, client=client))
        return found if found.state == state else None

    return until(look, f"the need is {state.value}")


def end(client: AuthenticatedClient, need: str, helper: str) -> None:
    """Confirm and evaluate the service; the volunteer's minute is credited."""
    confirmed = given(NeedAnswer, confirm_need.sync(need, client=client, body=ConfirmIn(note="All came.")))
    assert confirmed.state == NeedState.CONFIRMED
    evaluated = given(NeedAnswer, evaluate_need.sync(need, client=client, body=EvaluateIn(rating=5)))
    assert evaluated.state == NeedState.EVALUATED

    def credited() -> AccountAnswer | None:
        found = given(AccountAnswer, read_account.sync(helper, client=client))
        return found if found.balance_minutes else None

    account = until(credited, "the minute is credited")
    assert [item.minutes for item in account.statement.items] == [account.balance_minutes] == [1]

    def delivered() -> NeedAnswer | None:
        found = given(NeedAnswer, read_need.sync(need, client=client))
        return found if found.resources is not None and found.resources.state == LinkState.DELIVERED else None

    whole = until(delivered, "charity has delivered both lines")
    assert {line.kind: line.fulfilled for line in whole.lines} == {LineKind.GOODS: 5, LineKind.MONEY: 10_000}


def follow(client: AuthenticatedClient, need: str, area: str) -> None:
    """Find the need in its list, and its events in the feed, with their data in the types of their kinds."""
    page = given(NeedPage, list_needs.sync(client=client, area=area, state=[NeedState.EVALUATED], limit=1))
    assert [each.id for each in page.items] == [need]

    def read() -> list[object] | None:
        events: list[object] = []
        after: int | str | None = 0
        while after is not None:
            page = given(FeedPage, list_events.sync(client=client, after=after, limit=20))
            events += [entry.event for entry in page.items]
            after = page.next_
        return events if any(isinstance(each, HoursCreditedEvent) for each in events) else None

    events = until(read, "the credited hours are in the feed")
    (published,) = (each for each in events if isinstance(each, NeedPublishedEvent) and each.subject == need)
    assert published.data.state == NeedState.PUBLISHED
    assert published.data.lines
    assert [line.item for line in published.data.lines] == ["hot_meal", None]


def be_refused(client: AuthenticatedClient, url: str, station: str, need: str, now: datetime) -> None:
    """Read refusals as typed problems: a state, a field, a version, a key."""
    late = given(ProblemDocument, publish_need.sync(need, client=client))
    assert (late.status, late.type_) == (409, "/problems/wrong_state"), late
    past = NeedIn(
        station_id=station, title="Too late", theme="elderly_care", urgency=UrgencyWord.LOW,
        due=now - timedelta(days=1), location=Place(lon=116.351, lat=39.931), beneficiaries=1,
        lines=[GoodsAsked(kind="goods", item="hot_meal", quantity=1, unit="piece")],
    )  # fmt: skip
    broken = given(ProblemDocument, register_need.sync(client=client, body=past))
    assert (broken.status, broken.rule) == (422, "due_passed"), broken
    assert [(each.field, each.rule) for each in broken.errors or []] == [("due", "due_passed")]
    old = given(ProblemDocument, evaluate_need.sync(need, client=client, body=EvaluateIn(rating=1), if_match='"1"'))
    assert old.status == 412
    assert old.args.additional_properties["expected"] == 1
    stranger = AuthenticatedClient(base_url=url, token="nobody")
    unknown = given(ProblemDocument, read_need.sync(need, client=stranger))
    assert (unknown.status, unknown.rule) == (401, "key_unknown")


def main(url: str, key: str, area: str, now: str) -> None:
    """Play the whole story."""
    client = AuthenticatedClient(base_url=url, token=key, raise_on_unexpected_status=True, timeout=Timeout(30))
    moment = datetime.fromisoformat(now)
    station, helper = prepare(client, area)
    need = ask(client, station, moment)
    serve(client, need, helper)
    end(client, need, helper)
    follow(client, need, area)
    be_refused(client, url, station, need, moment)


if __name__ == "__main__":
    main(*sys.argv[1:])
