"""A station that closes without a successor: its screenings end, and the street centre is reminded of its alerts."""

from datetime import timedelta

import pytest
from residents_in_memory import CENTRE, STREET
from screening_in_memory import DAY, ScreeningInMemory

from services.stations.screening.domain.alert import Alert
from services.stations.screening.domain.screening import Screening
from services.stations.screening.storage import OpenAlertsAt
from shared.contracts.stations.alerts import AlertHandedOver, AlertLeft, AlertOverdue, AnswerAlert
from shared.contracts.stations.network import CloseStation
from shared.contracts.stations.residents import TransferResident
from shared.contracts.stations.screenings import ScreeningCancelled, ScreeningEnded

MINUTE = timedelta(minutes=1)


@pytest.fixture
def town() -> ScreeningInMemory:
    return ScreeningInMemory()


def close(town: ScreeningInMemory) -> None:
    town.engine.command(CloseStation(id=town.station_id))
    town.engine.advance(MINUTE)


def test_the_street_centre_is_reminded_of_an_open_alert_at_once_and_the_district_at_its_deadline(
    town: ScreeningInMemory,
) -> None:
    alert = town.critical()
    town.engine.advance(9 * MINUTE)
    close(town)
    (event,) = town.engine.emitted(AlertLeft)
    assert event.reminder.next_at == alert.answer_by
    assert (event.id, event.reminder.level, event.reminder.area) == (alert.id, "street", STREET)
    assert (event.next_step.code, event.next_step.due, event.overdue) == ("answer_alert", alert.answer_by, False)
    town.engine.advance(30 * MINUTE)
    (late,) = town.engine.emitted(AlertOverdue)
    assert (late.overdue, late.reminder.level) == (True, "district")
    assert len(town.engine.emitted(AlertLeft)) == 1, "the second pass finds nobody who was not reminded"


def test_of_an_alert_that_is_overdue_already_the_centre_or_the_district_was_reminded_before(
    town: ScreeningInMemory,
) -> None:
    alert = town.critical()
    town.engine.advance(31 * MINUTE)
    reminder = town.engine.one(Alert, alert.id).reminder
    close(town)
    assert town.engine.emitted(AlertLeft) == []
    assert town.engine.one(Alert, alert.id).reminder == reminder


def test_every_open_alert_is_found_page_by_page_and_no_closed_one(
    town: ScreeningInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OpenAlertsAt, "limit", 2)
    alerts = [town.critical() for _ in range(5)]
    town.on(alerts[0], AnswerAlert, way="telephone")
    close(town)
    left = {event.id: event.next_step.code for event in town.engine.emitted(AlertLeft)}
    assert left == {one.id: "treat_alert" if one is alerts[0] else "answer_alert" for one in alerts}


def test_an_alert_goes_with_its_person_to_the_station_that_takes_them_in(town: ScreeningInMemory) -> None:
    alert = town.critical()
    close(town)
    town.engine.command(TransferResident(id=alert.resident_id, station_id=town.next_door), actor=CENTRE)
    town.engine.advance(MINUTE)
    assert [event.station_id for event in town.engine.emitted(AlertHandedOver)] == [town.next_door]
    assert town.engine.one(Alert, alert.id).reminder is None


def test_its_screenings_end_and_those_to_come_are_cancelled(town: ScreeningInMemory) -> None:
    running, resident = town.screening_id, town.elder()
    to_come = town.plan(starts_at=town.engine.now + 2 * DAY, ends_at=town.engine.now + 3 * DAY).id
    close(town)
    assert [(one.id, one.state) for one in town.engine.emitted(ScreeningEnded)] == [(running, "ended")]
    assert [(one.id, one.reason) for one in town.engine.emitted(ScreeningCancelled)] == [(to_come, "station_closed")]
    town.engine.advance(DAY)
    town.record(resident, CENTRE, systolic_pressure=186)
    assert town.engine.one(Screening, running).critical == 1, "a late result is recorded as after any end"
