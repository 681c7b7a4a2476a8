"""The stories of shares: scarce supply helps many, and stays where its station wants it."""

from shared.contracts.charity.stock import ShareStock
from shared.contracts.stations.needs import ExtendNeed, RegisterNeeds
from tests.stories.stage import HOUR, Document, Stage
from tests.stories.told import lets_time_pass, story


@story
def fifty_small_needs_are_served_wholly_though_a_large_one_came_first(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    city.give(station, city.home, 100)
    large = city.ask(station, quilts=1000, severity=4)
    city.until(lambda: city.reserved(station) == (100, 100), "the large need holds all")
    line = {"kind": "goods", "item": "quilt", "unit": "piece", "quantity": 2}
    asked: Document = {
        "station_id": station,
        "title": "Quilts for a family",
        "theme": "elderly_care",
        "urgency": "normal",
        "severity": 4,
        "due": city.now() + 3 * HOUR,
        "location": {"lon": 113.1, "lat": 23.1},
        "beneficiaries": {"count": 1},
        "lines": [line],
        "publish": True,
    }
    answers = city.send(RegisterNeeds.model_validate({"needs": [asked] * 50}))["items"]
    small = [answer["ok"]["id"] for answer in answers]
    city.until(
        lambda: all(city.need(need).get("state") == "ready" for need in small), "all fifty small needs are served"
    )
    city.until(lambda: city.need(large)["link"]["amounts"][0]["committed"] == 0, "the large one has given its part on")
    city.give(station, city.home, 3)
    city.until(lambda: city.need(large)["link"]["amounts"][0]["committed"] == 3, "a later gift is for the large one")


@story
def stock_stays_in_the_street_and_above_its_reserve_as_its_station_shares_it(city: Stage) -> None:
    here, near, far = city.open_stations(city.home, city.next_door, city.other_district)
    asked = ShareStock(station_id=here, station_area=city.home, item="quilt", sharing="street", reserve=2)
    city.send(asked)
    city.give(here, city.home, 5)
    away = city.ask(far, quilts=1)
    beside = city.ask(near, quilts=4)
    city.until(lambda: city.reserved(here) == (5, 3), "the neighbours have all above the reserve")
    own = city.ask(here, quilts=2)
    city.reaches(own, "ready")
    assert (city.need(away)["state"], city.need(beside)["state"]) == ("published", "published")
    city.send(asked.model_copy(update={"sharing": "city", "reserve": 0}))
    city.give(here, city.home, 2)
    city.reaches(beside, "ready")
    city.reaches(away, "ready")


@lets_time_pass
def a_part_that_cannot_be_used_is_left_to_others_before_the_need_is_due(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    city.give(station, city.home, 4)
    line: Document = {"kind": "goods", "item": "quilt", "unit": "piece", "quantity": 6}
    beds = city.ask(station, lines=[{**line, "divisible": False}])
    city.until(lambda: city.reserved(station) == (4, 4), "the beds hold four of six")
    rest = city.ask(station, lines=[{**line, "quantity": 7, "min_useful": 3}])
    city.until(lambda: bool(city.need(rest).get("link", {}).get("waiting")), "the others wait")
    city.wait(2.5 * HOUR)
    city.until(lambda: city.need(rest)["link"]["amounts"][0]["committed"] == 4, "the others have the part")
    assert city.need(beds)["link"]["amounts"][0]["committed"] == 0


@lets_time_pass
def a_need_that_is_given_more_time_keeps_its_part_for_longer(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    city.give(station, city.home, 4)
    line: Document = {"kind": "goods", "item": "quilt", "unit": "piece", "quantity": 6, "divisible": False}
    beds = city.ask(station, lines=[line])
    city.until(lambda: city.reserved(station) == (4, 4), "the beds hold four of six")
    more_time = ExtendNeed(need_id=beds, due=city.now() + 12 * HOUR, reason_code="delivery_delayed")
    city.send(more_time)
    city.wait(2.5 * HOUR)
    city.give(station, city.home, 1)
    city.until(lambda: city.reserved(station) == (5, 5), "the beds hold five by now")
    city.wait(7 * HOUR)
    city.until(lambda: city.reserved(station) == (5, 0), "two hours before the due time others can use the part")
