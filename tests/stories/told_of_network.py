"""The stories of the network: a street opens its stations in stages, and one of them merges into its neighbour.

The street is that of the seed: a pilot at first, then one centre and eleven stations, with twelve communities pending.
"""

from datetime import timedelta

import pytest

from deploy.lianshan.clock.calendar import CITY_ZONE
from shared.contracts import Refused
from shared.contracts.charity.stock import ShareStock
from shared.contracts.stations.areas import ImportAreas
from shared.contracts.stations.needs import ConfirmNeed, UndoConfirmation
from shared.contracts.stations.network import CloseStation, OpenInFull, OpenStation
from shared.contracts.stations.referrals import ReferNeed
from shared.contracts.stations.succession import MergeStation, MoveStation
from shared.contracts.volunteering.dispatch import CheckIn, CheckOut
from tests.stories.stage import HOUR, NOW, Document, Stage
from tests.stories.told import lets_time_pass

DAY = timedelta(days=1)
COMMUNITIES = 23
PILOTS = 2
STATIONS = 11


def station_of(city: Stage, station: str) -> Document:
    """Return the station as the gateway shows it; empty where it does not yet."""
    return next((row["shape"] for row in city.shown("stations") if row["_id"] == station), {})


def stock_of(city: Stage, station: str) -> tuple[int, int]:
    """Return balance and reserved amount of all accounts that a station has."""
    rows = [row for row in city.shown("stock") if row["holder_id"] == station]
    return sum(row["balance"] for row in rows), sum(row["reserved"] for row in rows)


def import_street(city: Stage) -> list[str]:
    """Make the communities of the street known and return their codes."""
    codes = [f"{city.home[:9]}{nth:03}" for nth in range(1, COMMUNITIES + 1)]
    city.send(ImportAreas.model_validate({"rows": [{"code": code, "name": f"Community {code}"} for code in codes]}))
    return codes


def open_in_stages(city: Stage, codes: list[str]) -> list[str]:
    """Begin with pilots, plan the others for a month ahead, open all of them late; return their ids."""
    day = city.now().astimezone(CITY_ZONE).date() + 30 * DAY
    pilots = (OpenStation(area=code, name="Pilot", level="station", stage="pilot") for code in codes[:PILOTS])
    plans = (
        OpenStation(area=code, name="Station", level="station", stage="planned", opens_on=day)
        for code in codes[PILOTS:STATIONS]
    )
    stations = [answer["id"] for answer in city.send_all([*pilots, *plans])]
    with pytest.raises(Refused, match="station_planned"):
        city.ask(stations[-1], quilts=1)
    city.wait(31 * DAY)
    late = stations[PILOTS:]
    city.until(
        lambda: all((station_of(city, one).get("reminder") or {}).get("level") == "street" for one in late),
        "the street centre is reminded of each opening",
    )
    city.send_all([OpenInFull(id=station) for station in stations])
    return stations


@lets_time_pass
def a_street_opens_its_stations_in_stages_and_one_merges_into_its_neighbour(city: Stage) -> None:
    codes = import_street(city)
    city.send(OpenStation(area=city.home[:9], name="Street centre", level="centre", stage="pilot"))
    stations = open_in_stages(city, codes)
    in_street = [row for row in city.shown("stations") if row["area"].startswith(city.home[:9])]
    city.until(
        lambda: all(station_of(city, one).get("state") == "open" for one in stations), "eleven stations are open"
    )
    assert COMMUNITIES - sum(row["shape"]["level"] == "station" for row in in_street) == 12

    city.to_morning()
    old, neighbour = stations[0], stations[1]
    city.give(old, codes[0], 5)
    city.volunteer(codes[0], standing=True)
    ready = city.ask(old, quilts=3)
    waiting = city.ask(old, quilts=4)
    staffed = city.ask(old, people=1)
    draft = city.ask(old, quilts=1, publish=False)
    for need in (ready, staffed):
        city.reaches(need, "ready")
    city.send(MergeStation(id=old, into_id=neighbour))
    needs = (ready, waiting, staffed, draft)
    city.until(
        lambda: (
            {(city.need(one).get("station_id"), city.need(one).get("area")) for one in needs} == {(neighbour, codes[1])}
        ),
        "its open needs go on at the neighbour",
    )
    city.until(lambda: stock_of(city, neighbour)[0] == 5 and stock_of(city, old)[0] == 0, "its stock goes on there")
    for need in (ready, staffed):
        city.reaches(need, "ready")
    assert station_of(city, old)["successor_id"] == neighbour
    for refused in (lambda: city.ask(old, quilts=1), lambda: city.give(old, codes[0], 1)):
        with pytest.raises(Refused, match="station_succeeded"):
            refused()
    city.send(ConfirmNeed(need_id=ready))
    city.until(lambda: stock_of(city, neighbour) == (2, 2), "two quilts are left, for the need that waits")
    city.give(neighbour, codes[1], 2)
    city.reaches(waiting, "ready")


@lets_time_pass
def a_station_moves_and_what_was_promised_goes_with_it_through_two_moves(city: Stage) -> None:
    codes = import_street(city)
    first = city.send(OpenStation(area=codes[0], name="Elm station", level="station"))["id"]
    city.give(first, codes[0], 6)
    city.to_morning()
    need, done = city.ask(first, quilts=3, due=city.now() + 12 * HOUR), city.ask(first, quilts=1)
    for one in (need, done):
        city.reaches(one, "ready")
    city.send(ConfirmNeed(need_id=done))
    city.volunteer(codes[0], standing=True)
    served = city.ask(first, people=1, begins=NOW)
    city.reaches(served, "ready")
    (dispatch,) = (row["_id"] for row in city.dispatches(served))
    city.send(CheckIn(dispatch_id=dispatch))
    city.reaches(served, "in_service")
    city.send(MoveStation(id=first, area=codes[1]))
    city.until(lambda: bool(station_of(city, first).get("successor_id")), "the station has moved")
    second = station_of(city, first)["successor_id"]
    city.send(MoveStation(id=second, area=codes[2]))
    city.until(lambda: bool(station_of(city, second).get("successor_id")), "it has moved again")
    third = station_of(city, second)["successor_id"]
    for one in (need, served):
        city.until(lambda one=one: city.need(one).get("station_id") == third, "its needs go on at the last one")  # type: ignore[misc]
    city.send(CheckOut(dispatch_id=dispatch))
    city.reaches(served, "served")
    city.send(ConfirmNeed(need_id=served))
    city.send(UndoConfirmation(need_id=done, reason_code="wrong_amounts"))
    city.until(lambda: city.need(done).get("station_id") == third, "a need that is open again follows")
    city.reaches(done, "ready")
    city.send(ConfirmNeed(need_id=done))
    city.wait(2 * HOUR)
    city.until(lambda: stock_of(city, third) == (5, 3), "its stock is there, three of it reserved")
    assert stock_of(city, first) == stock_of(city, second) == (0, 0)
    assert station_of(city, third)["name"] == "Elm station"


@lets_time_pass
def a_station_closes_and_its_street_goes_on_with_what_is_open(city: Stage) -> None:
    codes = [f"{city.home[:9]}{nth:03}" for nth in (1, 2)]
    closing, neighbour = city.open_stations(*codes)
    city.to_morning()
    city.give(closing, codes[0], 5)
    kept = ShareStock(station_id=closing, station_area=codes[0], item="quilt", sharing="own", reserve=5)
    city.send(kept)
    waiting = city.ask(neighbour, quilts=4)
    draft = city.ask(closing, quilts=1, publish=False)
    enquired = {"need_id": city.ask(neighbour, quilts=1), "receiver": {"kind": "station", "id": closing}}
    referral = city.send(ReferNeed.model_validate(enquired))["id"]
    city.send(CloseStation(id=closing))
    city.reaches(waiting, "ready")  # with the stock that the closed station had kept for itself
    with pytest.raises(Refused, match="station_closed"):
        city.give(closing, codes[0], 1)
    city.until(
        lambda: any(
            row["shape"]["reason"] == "receiver_closed" for row in city.shown("referrals") if row["_id"] == referral
        ),
        "the enquiry to it is rejected",
    )
    city.wait(4 * HOUR)
    city.until(
        lambda: any(
            row["code"] == "see_to_overdue_need" and row["args"]["level"] == "street"
            for row in city.shown("tasks")
            if row["_id"] == draft and row["open"]
        ),
        "the draft is up to the street centre first",
    )
