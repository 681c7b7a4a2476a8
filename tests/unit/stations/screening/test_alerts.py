"""Alerts: the clock of the response, its escalation, the family, false alarms, and the end with the need."""

from datetime import timedelta
from typing import Any

import pytest
from residents_in_memory import CENTRE, ELM, OAK, worker
from screening_in_memory import DAY, HOUR, ScreeningInMemory
from stations_in_memory import COMMUNITY

from services.stations.needs.domain.need import Need
from services.stations.screening.domain.alert import Alert, find_class, find_next_step
from shared.contracts import Refused
from shared.contracts.stations.alerts import (
    AnswerAlert,
    ConfirmDismissal,
    DismissAlert,
    ReadAlertPerson,
    RejectDismissal,
    TellFamily,
    TreatAlert,
)
from shared.contracts.stations.needs import ConfirmNeed
from shared.engine.decide.memory import START

MINUTE = timedelta(minutes=1)
COLLEAGUE = worker("account_colleague", COMMUNITY)


@pytest.fixture
def town() -> ScreeningInMemory:
    return ScreeningInMemory()


def refusal(call: Any, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(Refused) as refused:
        call(*args, **kwargs)
    return refused.value.rule


def stands(town: ScreeningInMemory, alert: Alert) -> Alert:
    return town.engine.one(Alert, alert.id)


def test_the_clock_of_an_alert_begins_with_its_detection_and_goes_by_its_severity(town: ScreeningInMemory) -> None:
    alert = town.critical()
    step = find_next_step(alert)
    assert step is not None
    assert (step.code, step.due) == ("answer_alert", town.engine.now + 30 * MINUTE)
    assert alert.treat_by == town.engine.now + DAY
    town.engine.advance(20 * MINUTE)
    answered = town.on(alert, AnswerAlert, way="in_person")
    assert answered.next_step is not None
    assert (answered.answered_within, answered.next_step.code) == (30, "treat_alert")
    town.engine.advance(3 * HOUR)
    treated = town.on(alert, TreatAlert, treatment="in_hospital")
    assert (treated.treated_within, treated.next_step, treated.answered_within) == (240, None, 30)


def test_a_missed_deadline_goes_to_the_street_centre_and_then_to_the_district(town: ScreeningInMemory) -> None:
    alert = town.critical()
    town.engine.advance(31 * MINUTE)
    reminder = stands(town, alert).reminder
    assert reminder is not None
    assert (reminder.level, reminder.area, stands(town, alert).overdue) == ("street", COMMUNITY[:9], True)
    town.engine.advance(31 * MINUTE)
    reminder = stands(town, alert).reminder
    assert reminder is not None
    assert (reminder.level, reminder.area) == ("district", COMMUNITY[:6])
    town.on(alert, AnswerAlert, way="telephone")
    assert (stands(town, alert).reminder, stands(town, alert).overdue) == (None, False)
    town.engine.advance(DAY)
    assert stands(town, alert).overdue, "the treatment has a deadline of its own"


def test_an_alert_of_high_risk_has_more_time(town: ScreeningInMemory) -> None:
    resident = town.elder()
    town.record(resident, systolic_pressure=165)
    assert town.alert(resident).answer_by == town.engine.now + DAY
    assert town.alert(resident).treat_by == town.engine.now + 7 * DAY


def test_the_family_is_told_by_consent_alone_and_by_somebody_who_is_on_record(town: ScreeningInMemory) -> None:
    silent, agreed = town.critical(), town.critical("family_notice")
    assert (silent.family, agreed.family) == ("without_consent", "to_tell")
    with pytest.raises(Refused) as refused:
        town.on(silent, TellFamily)
    assert (refused.value.rule, refused.value.values["purpose"]) == ("consent_missing", "family_notice")
    told = town.on(agreed, TellFamily)
    assert (told.family, told.family_told_at) == ("told", town.engine.now)
    assert (told.family_told_by or "").startswith("actor.stations.")
    assert town.on(agreed, TellFamily, COLLEAGUE).family_told_by == told.family_told_by
    town.agree(silent.resident_id, "family_notice")
    assert town.on(silent, TellFamily).family == "told", "who agrees later is heard"


def test_a_false_alarm_of_high_risk_is_closed_with_a_reason_and_its_need_is_cancelled(town: ScreeningInMemory) -> None:
    resident = town.elder()
    town.record(resident, systolic_pressure=165)
    closed = town.on(town.alert(resident), DismissAlert, reason="measured_wrongly")
    assert (closed.state, closed.reason, closed.next_step) == ("dismissed", "measured_wrongly", None)
    assert [need.state for need in town.engine.all(Need)] == ["cancelled"]
    assert refusal(town.on, town.alert(resident), AnswerAlert, way="telephone") == "alert_not_in_state"


def test_the_need_stays_while_another_alert_asks_for_it(town: ScreeningInMemory) -> None:
    resident = town.elder()
    town.record(resident, systolic_pressure=165, fasting_glucose=80)
    first, second = (one for one in town.engine.all(Alert) if one.resident_id == resident)
    town.on(first, DismissAlert, reason="measured_wrongly")
    assert town.engine.all(Need)[0].state == "published"
    town.on(second, DismissAlert, reason="known_and_treated")
    assert town.engine.all(Need)[0].state == "cancelled"


def test_a_critical_false_alarm_is_closed_by_a_second_person(town: ScreeningInMemory) -> None:
    alert = town.critical()
    asked = town.on(alert, DismissAlert, reason="measured_wrongly")
    assert asked.next_step is not None
    assert (asked.state, asked.next_step.code) == ("dismissal_asked", "check_dismissal")
    assert refusal(town.on, alert, ConfirmDismissal) == "dismissal_by_own_hand"
    rejected = town.on(alert, RejectDismissal, COLLEAGUE)
    assert (rejected.state, rejected.reason) == ("detected", None)
    town.on(alert, DismissAlert, reason="measured_wrongly")
    assert town.on(alert, ConfirmDismissal, CENTRE).state == "dismissed"
    assert town.engine.all(Need)[0].state == "cancelled"


def test_an_unchecked_dismissal_goes_up_as_a_missed_answer_does(town: ScreeningInMemory) -> None:
    alert = town.critical()
    town.on(alert, DismissAlert, reason="measured_wrongly")
    town.engine.advance(31 * MINUTE)
    reminder = stands(town, alert).reminder
    assert reminder is not None
    assert (reminder.step, reminder.level) == ("check_dismissal", "street")


def test_a_rejected_dismissal_goes_on_with_the_level_that_was_reached(town: ScreeningInMemory) -> None:
    alert = town.critical()
    town.engine.advance(31 * MINUTE)
    assert level(town, alert.id) == "street"
    for _ in range(2):
        town.on(alert, DismissAlert, reason="entered_wrongly")
        town.engine.advance(MINUTE)
        rejected = town.on(alert, RejectDismissal, CENTRE)
        assert (rejected.state, rejected.overdue) == ("detected", True)
    assert level(town, alert.id) == "street"
    town.engine.advance(31 * MINUTE)
    assert level(town, alert.id) == "district", "asking for a dismissal begins no clock again"


def level(town: ScreeningInMemory, alert_id: str) -> str:
    reminder = town.engine.one(Alert, alert_id).reminder
    assert reminder is not None
    return reminder.level


def test_a_served_need_closes_its_alerts_as_treated(town: ScreeningInMemory) -> None:
    alert = town.critical()
    need_id = alert.need_id or ""
    town.link(need_id, 1, 1)
    town.engine.command(ConfirmNeed(need_id=need_id), actor=ELM)
    town.engine.advance(MINUTE)
    closed = stands(town, alert)
    assert (closed.state, closed.treatment, closed.answered_at) == ("treated", "need_served", closed.treated_at)


def test_who_an_alert_is_about_is_read_on_record_and_by_the_own_station_alone(town: ScreeningInMemory) -> None:
    alert = town.critical()
    person = town.ask(ReadAlertPerson(alert_id=alert.id))
    assert (person.resident_id, person.result_id) == (alert.resident_id, alert.result_id)
    assert town.ask(ReadAlertPerson(alert_id=alert.id), OAK) is None
    assert refusal(town.on, alert, AnswerAlert, OAK, way="telephone") == "unknown_id"


@pytest.mark.parametrize(("minutes", "bound"), [(0, 5), (5, 5), (6, 15), (1440, 1440), (10**6, 525_600)])
def test_a_time_is_counted_in_its_class(minutes: int, bound: int) -> None:
    assert find_class(START, START + minutes * MINUTE) == bound
