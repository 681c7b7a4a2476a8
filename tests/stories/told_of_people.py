"""The stories of people's data: consent to be matched, and a breach of personal data."""

from datetime import timedelta

from shared.contracts.stations.breaches import NotifyAuthority, RecordBreach
from shared.contracts.volunteering.checks import DisownRegistration, ResolveCheck
from shared.contracts.volunteering.consents import GiveVolunteerConsent, WithdrawVolunteerConsent
from tests.stories.stage import HOUR, Document, Stage
from tests.stories.told import story


@story
def who_withdraws_the_consent_to_be_matched_is_asked_for_nothing_more(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    leaving, staying = city.volunteer(city.home), city.volunteer(city.home)
    consent = GiveVolunteerConsent(
        person_id=leaving, scopes=("identity", "location", "service_record"), purpose="volunteer_matching",
        expires_at=city.now() + timedelta(days=300), words_version="2026-01", obtained="in_person",
    )  # fmt: skip
    given = city.send(consent)["id"]
    before = city.ask(station, people=1)
    city.offers(before, 2)
    city.send(WithdrawVolunteerConsent(id=given))
    city.until(lambda: _state_of(city, given) == "withdrawn", "the withdrawal is shown")
    after = city.ask(station, people=1)
    city.offers(after, 1)
    assert [row["volunteer_id"] for row in city.dispatches(after)] == [staying]
    assert len(city.dispatches(before)) == 2, "an offer that was open stays the volunteer's"


@story
def a_breach_is_a_task_of_those_who_handle_it_until_the_authority_knows(city: Stage) -> None:
    city.open_stations(city.home)
    found_at = city.now() - HOUR
    breach = city.send(
        RecordBreach(
            area=city.home, kind="disclosed", found_at=found_at, categories=("names",), people_least=1, people_most=9,
            cause="misdirected", harms=("fraud",),
        )
    )["id"]  # fmt: skip
    city.until(lambda: _step_of(city, breach) == "notify_authority", "the notice stands in the work list")
    city.send(NotifyAuthority(id=breach, at=found_at + HOUR / 2))
    city.until(lambda: _step_of(city, breach) == "notify_people", "the notice to the people is next")


@story
def one_person_registered_twice_takes_one_place_until_an_officer_has_decided(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    known, second = city.register(city.home), city.register(city.other_district, same_as=1)
    assert (known["state"], second["state"]) == ("active", "pending")
    need = city.ask(station, people=2)
    city.offers(need, 1)
    assert [row["volunteer_id"] for row in city.dispatches(need)] == [known["id"]]
    city.until(lambda: _check_of(city, second["id"]) != {}, "the check is shown")
    check = _check_of(city, second["id"])
    city.until(lambda: _step_of(city, check["id"]) == "check_registration", "it stands in the work list")
    assert (check["area"], check["known_id"]) == (city.city, known["id"])
    city.send(DisownRegistration(volunteer_id=known["id"], check_id=check["id"], reason_code="shared_telephone"))
    city.send(ResolveCheck(id=check["id"], outcome="another_person"))
    city.offers(need, 2)
    assert {row["volunteer_id"] for row in city.dispatches(need)} == {known["id"], second["id"]}
    city.until(lambda: not _step_of(city, check["id"]), "nothing is left to decide")


@story
def the_same_person_is_merged_and_the_known_id_stays(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    known, second = city.register(city.home), city.register(city.next_door, same_as=1)
    city.until(lambda: _check_of(city, second["id"]) != {}, "the check is shown")
    check = _check_of(city, second["id"])
    assert city.send(ResolveCheck(id=check["id"], outcome="same_person"))["state"] == "same_person"
    need = city.ask(station, people=2)
    city.offers(need, 1)
    assert [row["volunteer_id"] for row in city.dispatches(need)] == [known["id"]]


def _check_of(city: Stage, volunteer: str) -> Document:
    shapes = (row["shape"] for row in city.shown("checks"))
    return next((shape for shape in shapes if shape["volunteer_id"] == volunteer), {})


def _state_of(city: Stage, consent: str) -> str:
    return next((row["shape"]["state"] for row in city.shown("consents") if row["_id"] == consent), "")


def _step_of(city: Stage, thing: str) -> str:
    return next((row["code"] for row in city.shown("tasks") if row["_id"] == thing), "")
