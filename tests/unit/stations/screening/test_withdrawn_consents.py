"""Results and the consent to be screened: withdrawn, the results go; and nobody is screened past a withdrawal."""

from datetime import timedelta

import pytest
from residents_in_memory import CENTRE
from screening_in_memory import ScreeningInMemory

from services.stations.erasures.domain import ResidentErasureDue
from services.stations.screening.domain.alert import Alert
from services.stations.screening.domain.result import Examination, Result
from shared.contracts.messages import Command
from shared.contracts.persons import PersonReference
from shared.contracts.stations.alerts import ReadAlertPerson, TellFamily, TreatAlert
from shared.contracts.stations.consents import WithdrawResidentConsent
from shared.contracts.stations.erasures import RequestErasure
from shared.contracts.stations.merges import MergeResidents
from shared.contracts.stations.results import CorrectResult, RecordResults
from shared.engine.decide.limits import Conflict
from shared.people.erasing import ErasurePart

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@pytest.fixture
def town() -> ScreeningInMemory:
    return ScreeningInMemory()


def withdrawal(town: ScreeningInMemory, resident: str, purpose: str = "health_screening") -> Command:
    (consent,) = (one for one in town.consents() if one.person_id == resident and one.purpose == purpose)
    return WithdrawResidentConsent(id=consent.id)


def record(town: ScreeningInMemory, resident: str, measured: int = 186) -> Command:
    values = [{"indicator": "systolic_pressure", "measured": measured}]
    asked = {"screening_id": town.screening_id, "resident_id": resident, "results": values}
    return RecordResults.model_validate(asked)


def kept(town: ScreeningInMemory) -> set[str]:
    town.engine.advance(MINUTE)
    return {one.resident_id for one in town.engine.all(Result)}


def test_results_go_with_the_consent_and_those_of_others_stay(town: ScreeningInMemory) -> None:
    gone, stays = town.elder(), town.elder()
    for one in (gone, stays):
        known = town.record(one, systolic_pressure=120, fasting_glucose=50).items[0]
        town.act(CorrectResult, known.id, measured=125, correction="entered_wrongly")
    town.engine.command(withdrawal(town, gone))
    assert kept(town) == {stays}
    assert [one.resident_id for one in town.engine.all(Examination)] == [stays]
    assert not [key for key in town.engine.timers if key.startswith("screened:")], "nothing is looked at again"


def test_a_consent_to_something_else_takes_no_result_along(town: ScreeningInMemory) -> None:
    resident = town.elder("family_notice")
    town.record(resident, systolic_pressure=120)
    town.engine.command(withdrawal(town, resident, "family_notice"))
    assert kept(town) == {resident}


def test_the_result_of_an_open_alert_stays_until_the_person_was_treated(town: ScreeningInMemory) -> None:
    resident = town.elder()
    town.record(resident, systolic_pressure=186, fasting_glucose=50)
    town.engine.command(withdrawal(town, resident))
    assert kept(town) == {resident}
    assert [one.indicator for one in town.engine.all(Result)] == ["systolic_pressure"]
    alert = town.alert(resident)
    town.on(alert, TreatAlert, treatment="seen_by_doctor")
    town.engine.advance(DAY)
    assert kept(town) == set()
    closed = town.engine.one(Alert, alert.id)
    assert (closed.state, closed.resident_id, closed.result_id) == ("treated", "", "")


def test_results_stay_where_the_consent_is_given_again_before_an_alert_is_closed(town: ScreeningInMemory) -> None:
    resident = town.elder()
    town.record(resident, systolic_pressure=186)
    town.engine.command(withdrawal(town, resident))
    town.engine.advance(MINUTE)
    town.agree(resident, "health_screening")
    town.on(town.alert(resident), TreatAlert, treatment="seen_by_doctor")
    town.engine.advance(2 * DAY)
    assert kept(town) == {resident}


def test_a_withdrawal_counts_for_the_results_under_every_id_of_the_person(town: ScreeningInMemory) -> None:
    former, stays = town.elder(), town.elder()
    town.record(former, systolic_pressure=120)
    town.record(stays, fasting_glucose=50)
    town.engine.command(MergeResidents(resident_id=former, into_id=stays), actor=CENTRE)
    town.engine.command(withdrawal(town, stays))
    assert kept(town) == set()


def test_a_withdrawal_counts_for_the_id_with_which_the_person_is_merged_later(town: ScreeningInMemory) -> None:
    stays, former = town.elder(), town.elder()
    town.record(stays, fasting_glucose=50)
    town.engine.advance(MINUTE)
    town.engine.command(withdrawal(town, former))
    assert kept(town) == {stays}
    town.engine.command(MergeResidents(resident_id=former, into_id=stays), actor=CENTRE)
    assert kept(town) == set()


def test_more_results_than_a_step_deletes_go_step_by_step(town: ScreeningInMemory) -> None:
    resident = town.elder()
    known = town.record(resident, systolic_pressure=120).items[0].id
    for nth in range(60):
        answer = town.act(CorrectResult, known, measured=100 + nth % 2, correction="entered_wrongly")
        known = answer.items[0].id
    assert len(town.engine.all(Result)) == 61
    town.engine.command(withdrawal(town, resident))
    assert kept(town) == set()


@pytest.mark.parametrize("second", ["record", "correct", "tell"])
def test_nobody_is_screened_past_a_withdrawal_that_is_decided_at_once(town: ScreeningInMemory, second: str) -> None:
    resident = town.elder("family_notice")
    known = town.record(resident, fasting_glucose=130).items[0]
    commands: dict[str, Command] = {
        "record": record(town, resident),
        "correct": CorrectResult(id=known.id, measured=150, correction="entered_wrongly"),
        "tell": TellFamily(id=town.alert(resident).id),
    }
    purpose = "family_notice" if second == "tell" else "health_screening"
    with pytest.raises(Conflict):
        town.at_once(withdrawal(town, resident, purpose), commands[second])


def test_nobody_is_screened_past_an_erasure_that_is_decided_at_once(town: ScreeningInMemory) -> None:
    resident = town.elder()
    people = (PersonReference(kind="resident", id=resident),)
    town.engine.command(RequestErasure(people=people, ground="purpose_ended", area=CENTRE.area))
    (part,) = town.engine.all(ErasurePart)
    with pytest.raises(Conflict):
        town.at_once(ResidentErasureDue(part_id=part.id), record(town, resident))


def test_nobody_is_screened_past_a_merge_that_is_decided_at_once(town: ScreeningInMemory) -> None:
    former, stays = town.elder(), town.elder()
    with pytest.raises(Conflict):
        town.at_once(MergeResidents(resident_id=former, into_id=stays), record(town, former))


def erase(town: ScreeningInMemory, resident: str) -> None:
    people = (PersonReference(kind="resident", id=resident),)
    town.engine.command(RequestErasure(people=people, ground="purpose_ended", area=CENTRE.area))
    town.engine.advance(MINUTE)


def test_an_erasure_takes_the_results_along_whose_values_nobody_can_open(town: ScreeningInMemory) -> None:
    gone, stays = town.elder(), town.elder()
    for one in (gone, stays):
        town.record(one, systolic_pressure=186, fasting_glucose=50)
    alert = town.alert(gone)
    erase(town, gone)
    assert kept(town) == {stays}
    assert [one.resident_id for one in town.engine.all(Examination)] == [stays]
    closed = town.engine.one(Alert, alert.id)
    assert (closed.state, closed.resident_id, closed.result_id) == ("dismissed", "", "")


def test_the_erasure_of_a_merged_id_withdraws_nothing_of_the_other(town: ScreeningInMemory) -> None:
    former, stays = town.elder(), town.elder()
    town.record(former, systolic_pressure=186)
    town.record(stays, fasting_glucose=50)
    town.engine.command(MergeResidents(resident_id=former, into_id=stays), actor=CENTRE)
    alert = town.alert(former)
    erase(town, former)
    assert kept(town) == {stays}
    assert town.record(stays, lives_alone="no").items, "the remaining id consents still"
    open_still = town.engine.one(Alert, alert.id)
    assert (open_still.state, open_still.resident_id) == ("detected", stays)
    person = town.ask(ReadAlertPerson(alert_id=alert.id))
    assert (person.resident_id, person.result_id) == (stays, None)
