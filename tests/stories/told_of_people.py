"""The stories of people's data: consent to be matched, and a breach of personal data."""

from datetime import timedelta

from shared.contracts.stations.breaches import NotifyAuthority, RecordBreach
from shared.contracts.volunteering.consents import GiveVolunteerConsent, WithdrawVolunteerConsent
from tests.stories.stage import HOUR, Stage
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


def _state_of(city: Stage, consent: str) -> str:
    return next((row["shape"]["state"] for row in city.shown("consents") if row["_id"] == consent), "")


def _step_of(city: Stage, thing: str) -> str:
    return next((row["code"] for row in city.shown("tasks") if row["_id"] == thing), "")
