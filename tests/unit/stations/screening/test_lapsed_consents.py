"""A consent to be screened whose time is over: nothing is recorded or shown by it, and in the end the results go."""

from datetime import timedelta

import pytest
from residents_in_memory import CENTRE
from screening_in_memory import DAY, ScreeningInMemory

from services.stations.residents.care import ScreeningWithdrawn
from services.stations.screening.domain.alert import Alert
from services.stations.screening.domain.result import Examination, Result
from shared.contracts import Refused
from shared.contracts.persons import PersonReference
from shared.contracts.stations.alerts import AnswerAlert, ReadAlertPerson, TreatAlert
from shared.contracts.stations.consents import RenewResidentConsent, WithdrawResidentConsent
from shared.contracts.stations.erasures import RequestErasure
from shared.contracts.stations.merges import MergeResidents, UnmergeResidents
from shared.contracts.stations.residents import EndResident
from shared.contracts.stations.results import ReadResults, ResultsRead
from shared.engine.decide.limits import Conflict

MINUTE = timedelta(minutes=1)
CONSENTED = 300 * DAY
"""The time of the consents of `ScreeningInMemory`."""


@pytest.fixture
def town() -> ScreeningInMemory:
    return ScreeningInMemory()


def consent_of(town: ScreeningInMemory, resident: str) -> str:
    (consent,) = (one for one in town.consents() if one.person_id == resident and one.purpose == "health_screening")
    return consent.id


def renewal(town: ScreeningInMemory, resident: str) -> RenewResidentConsent:
    ends = town.engine.now + CONSENTED
    return RenewResidentConsent(id=consent_of(town, resident), expires_at=ends, given_by="self")


def read(town: ScreeningInMemory, resident: str) -> ResultsRead:
    found: ResultsRead = town.ask(ReadResults(resident_id=resident))
    return found


def kept(town: ScreeningInMemory) -> set[str]:
    return {one.resident_id for one in town.engine.all(Result)}


def test_results_are_withheld_from_the_end_of_the_consent_and_shown_again_once_it_is_renewed(
    town: ScreeningInMemory,
) -> None:
    resident = town.elder()
    town.record(resident, systolic_pressure=120, fasting_glucose=50)
    town.engine.advance(CONSENTED - MINUTE)
    assert (len(read(town, resident).items), read(town, resident).withheld) == (2, False)
    town.engine.advance(MINUTE)
    assert (read(town, resident).items, read(town, resident).withheld) == ((), True)
    town.engine.advance(29 * DAY)
    assert kept(town) == {resident}, "the time to renew is not over"
    town.engine.command(renewal(town, resident))
    assert (len(read(town, resident).items), read(town, resident).withheld) == (2, False)
    town.engine.advance(90 * DAY)
    assert kept(town) == {resident}, "a consent that is renewed keeps them"


def test_results_are_withheld_also_where_the_timer_of_the_consent_is_late(town: ScreeningInMemory) -> None:
    resident = town.elder()
    town.record(resident, systolic_pressure=120)
    store = town.store
    town.engine.now += CONSENTED
    assert town.ask(ReadResults(resident_id=resident), store=store).withheld


def test_nothing_is_recorded_by_a_consent_whose_time_is_over(town: ScreeningInMemory) -> None:
    resident = town.elder()
    town.engine.advance(CONSENTED)
    town.running()
    with pytest.raises(Refused, match="consent_over"):
        town.record(resident, systolic_pressure=120)


def test_results_go_when_nobody_renews_the_consent_in_time_and_those_of_others_stay(town: ScreeningInMemory) -> None:
    gone, stays = town.elder(), town.elder()
    for one in (gone, stays):
        town.record(one, systolic_pressure=120)
    town.engine.command(renewal(town, stays).model_copy(update={"expires_at": town.engine.now + 900 * DAY}))
    town.engine.advance(CONSENTED + 29 * DAY)
    assert kept(town) == {gone, stays}
    town.engine.advance(DAY + MINUTE)
    assert kept(town) == {stays}
    assert [one.resident_id for one in town.engine.all(Examination)] == [stays]
    assert not [key for key in town.engine.timers if key.startswith("screened:")], "nothing is looked at again"


def test_the_result_of_an_open_alert_is_shown_and_stays_until_the_person_was_treated(town: ScreeningInMemory) -> None:
    resident = town.elder()
    town.record(resident, lives_alone="yes", fasting_glucose=50)
    alert = town.alert(resident)
    town.engine.advance(CONSENTED + 31 * DAY)
    shown = read(town, resident)
    assert ([one.indicator for one in shown.items], shown.withheld) == (["lives_alone"], True)
    assert town.ask(ReadAlertPerson(alert_id=alert.id)).resident_id == resident
    assert [one.indicator for one in town.engine.all(Result)] == ["lives_alone"]
    town.on(alert, AnswerAlert, way="in_person")
    town.on(alert, TreatAlert, treatment="seen_by_doctor")
    town.engine.advance(DAY)
    assert kept(town) == set()
    closed = town.engine.one(Alert, alert.id)
    assert (closed.state, closed.resident_id, closed.result_id) == ("treated", "", "")


def test_a_closed_alert_shows_its_person_by_a_consent_alone(town: ScreeningInMemory) -> None:
    resident = town.elder()
    town.record(resident, systolic_pressure=186)
    alert = town.alert(resident)
    town.on(alert, TreatAlert, treatment="seen_by_doctor")
    assert town.ask(ReadAlertPerson(alert_id=alert.id)).resident_id == resident
    town.engine.advance(CONSENTED)
    assert town.ask(ReadAlertPerson(alert_id=alert.id)) is None


def test_a_consent_that_is_withdrawn_after_its_time_deletes_at_once(town: ScreeningInMemory) -> None:
    resident = town.elder()
    town.record(resident, systolic_pressure=120)
    town.engine.advance(CONSENTED + DAY)
    town.engine.command(WithdrawResidentConsent(id=consent_of(town, resident)))
    town.engine.advance(MINUTE)
    assert kept(town) == set()


def test_the_consent_under_another_id_of_the_person_counts(town: ScreeningInMemory) -> None:
    former, stays = town.elder(), town.elder()
    town.record(former, systolic_pressure=120)
    town.engine.command(renewal(town, stays).model_copy(update={"expires_at": town.engine.now + 900 * DAY}))
    town.engine.command(MergeResidents(resident_id=former, into_id=stays), actor=CENTRE)
    town.engine.advance(CONSENTED + 31 * DAY)
    town.engine.command(WithdrawResidentConsent(id=consent_of(town, former)))
    town.engine.advance(MINUTE)
    assert not read(town, stays).withheld
    assert kept(town) == {former}, "the record of an ended consent takes back nothing that holds"


def merge_beyond_the_lapse(town: ScreeningInMemory) -> tuple[str, str]:
    """Return an id whose consent lapsed 31 days ago, with a result, and that with a consent which stands for it."""
    lapsed, holds = town.elder(), town.elder()
    town.record(lapsed, systolic_pressure=120)
    town.engine.command(renewal(town, holds).model_copy(update={"expires_at": town.engine.now + 900 * DAY}))
    town.engine.command(MergeResidents(resident_id=lapsed, into_id=holds), actor=CENTRE)
    town.engine.advance(CONSENTED + 31 * DAY)
    assert kept(town) == {lapsed}
    return lapsed, holds


def test_a_lapsed_consent_counts_again_when_the_person_is_parted_from_one_that_holds(town: ScreeningInMemory) -> None:
    lapsed, _ = merge_beyond_the_lapse(town)
    town.engine.command(UnmergeResidents(resident_id=lapsed, reason_code="different_people"), actor=CENTRE)
    town.engine.advance(MINUTE)
    assert kept(town) == set()


def test_a_lapsed_consent_counts_again_when_the_id_with_one_that_holds_is_erased(town: ScreeningInMemory) -> None:
    _, holds = merge_beyond_the_lapse(town)
    gone = (PersonReference(kind="resident", id=holds),)
    town.engine.command(RequestErasure(people=gone, ground="purpose_ended", area=CENTRE.area))
    town.engine.advance(DAY)
    assert kept(town) == set()


def test_the_results_of_the_dead_are_withheld_and_go_in_the_end(town: ScreeningInMemory) -> None:
    resident = town.elder()
    town.record(resident, systolic_pressure=120)
    town.act(EndResident, resident, reason="died")
    assert (read(town, resident).items, read(town, resident).withheld) == ((), True)
    town.engine.advance(31 * DAY)
    assert kept(town) == set()


def test_a_renewal_that_is_decided_at_once_with_the_deletion_is_decided_again(town: ScreeningInMemory) -> None:
    resident = town.elder()
    town.record(resident, systolic_pressure=120)
    town.engine.advance(CONSENTED + 29 * DAY)
    town.engine.now += DAY
    with pytest.raises(Conflict):
        town.at_once(ScreeningWithdrawn(id=resident), renewal(town, resident))
