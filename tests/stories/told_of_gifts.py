"""The stories of gifts: a slip of the pen, before and after somebody relies on it; and a donor who stays unnamed."""

from shared.contracts.charity.donations import CorrectDonation, Donate
from shared.contracts.charity.donors import RegisterDonor
from shared.contracts.charity.funds import OpenFund
from shared.contracts.stations.needs import CancelNeed
from tests.stories.stage import HOUR, Document, Stage
from tests.stories.told import lets_time_pass, story


def shortfall_of(city: Stage, gift: str) -> Document:
    """Return the shortfall of a gift of one commodity as it is shown; empty where there is none."""
    rows = (row["shape"] for row in city.shown("shortfalls") if row["_id"] == f"short.{gift}.0")
    return next(rows, {})


def donation(city: Stage, gift: str) -> Document:
    """Return the gift as it is shown; empty where it is not yet."""
    return next((row for row in city.shown("donations") if row["_id"] == gift), {})


@story
def sixteen_thousand_yuan_typed_as_a_hundred_and_sixty_thousand_are_corrected(city: Stage) -> None:
    fund: str = city.send(OpenFund(area=city.home, name="Neighbours' fund"))["id"]
    gift = city.send(Donate(fund_id=fund, amount_fen=16_000_000))
    city.until(lambda: city.reserved(fund) == (16_000_000, 0), "the fund has ten times too much")
    right = CorrectDonation(donation_id=gift["id"], amount_fen=1_600_000, reason_code="typed_wrong")
    assert city.send(right)["amount_fen"] == 1_600_000
    city.until(lambda: city.reserved(fund) == (1_600_000, 0), "the fund has what was given")
    city.until(lambda: donation(city, gift["id"]).get("corrected_for") == "typed_wrong", "the gift says why")
    assert donation(city, gift["id"])["amount_fen"] == 1_600_000
    assert shortfall_of(city, gift["id"]) == {}


@lets_time_pass
def what_a_need_was_promised_stays_and_the_station_owes_it_until_something_is_free(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    goods: Document = {"item": "quilt", "unit": "piece"}
    given = {"station_id": station, "station_area": city.home, "goods": [{**goods, "quantity": 160}]}
    gift = city.send(Donate.model_validate(given))["id"]
    need = city.ask(station, quilts=100)
    city.reaches(need, "ready")
    right = {"donation_id": gift, "goods": [{**goods, "quantity": 16}], "reason_code": "typed_wrong"}
    city.send(CorrectDonation.model_validate(right))
    city.until(lambda: shortfall_of(city, gift).get("missing") == 84, "the station owes what the need was promised")
    assert city.need(need)["state"] == "ready"

    def tasks() -> list[str]:
        return [row["code"] for row in city.shown("tasks") if row["_id"] == f"short.{gift}.0" and row["open"]]

    city.until(lambda: tasks() == ["make_up_shortfall"], "somebody is to see to it")
    city.send(CancelNeed(need_id=need, reason_code="no_longer_needed"))
    city.reaches(need, "cancelled")
    city.wait(HOUR)
    city.until(lambda: shortfall_of(city, gift)["state"] == "closed", "it is taken back once it is free")
    city.until(lambda: city.reserved(station) == (16, 0), "the station has what was given")


@story
def who_gives_anonymously_is_named_nowhere_and_those_who_wait_are_served(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    need = city.ask(station, quilts=2)
    donor = city.send(RegisterDonor(name="Wu Invented", area=city.home))["id"]
    goods = [{"item": "quilt", "unit": "piece", "quantity": 2}]
    given = {"station_id": station, "station_area": city.home, "goods": goods, "donor_id": donor, "anonymous": True}
    gift = city.send(Donate.model_validate(given))
    assert (gift["anonymous"], gift["donor_id"]) == (True, None)
    city.reaches(need, "ready")
    city.until(lambda: bool(donation(city, gift["id"])), "the gift is shown")
    assert donation(city, gift["id"])["anonymous"]
    assert donor not in str(donation(city, gift["id"]))
    assert donor not in str(city.need(need))
