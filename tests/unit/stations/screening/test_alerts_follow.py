"""The open alerts of a resident go with the resident; screenings go on at the successor of their station."""

from datetime import timedelta

import pytest
from residents_in_memory import CENTRE, ELM, OAK
from screening_in_memory import ScreeningInMemory

from services.stations.needs.domain.need import Need
from services.stations.screening.domain.alert import Alert
from services.stations.screening.domain.screening import Screening
from shared.contracts import Refused
from shared.contracts.persons import PersonReference
from shared.contracts.stations.alerts import AnswerAlert, DismissAlert
from shared.contracts.stations.erasures import RequestErasure
from shared.contracts.stations.merges import MergeResidents
from shared.contracts.stations.residents import TransferResident
from shared.contracts.stations.results import CorrectResult, ReadResults
from shared.contracts.stations.succession import MergeStation

SOON = timedelta(minutes=5)


@pytest.fixture
def town() -> ScreeningInMemory:
    return ScreeningInMemory()


def stands(town: ScreeningInMemory, alert: Alert) -> Alert:
    return town.engine.one(Alert, alert.id)


def test_an_open_alert_goes_with_its_resident_to_another_station(town: ScreeningInMemory) -> None:
    alert = town.critical()
    town.act(TransferResident, alert.resident_id, CENTRE, station_id=town.next_door)
    town.engine.advance(SOON)
    assert (stands(town, alert).station_id, stands(town, alert).area) == (town.next_door, OAK.area)
    assert town.on(alert, AnswerAlert, OAK, way="telephone").state == "answered"
    with pytest.raises(Refused, match="unknown_id"):
        town.on(alert, DismissAlert, ELM, reason="measured_wrongly")
    assert len(town.ask(ReadResults(resident_id=alert.resident_id), OAK).items) == 1
    town.act(CorrectResult, alert.result_id, OAK, measured=182, correction="measured_wrongly")
    with pytest.raises(Refused, match="unknown_id"):
        town.act(CorrectResult, stands(town, alert).result_id, ELM, measured=1, correction="measured_wrongly")


def test_a_closed_alert_stays_where_it_was(town: ScreeningInMemory) -> None:
    resident = town.elder()
    town.record(resident, systolic_pressure=165)
    alert = town.alert(resident)
    town.on(alert, DismissAlert, reason="known_and_treated")
    town.act(TransferResident, resident, CENTRE, station_id=town.next_door)
    town.engine.advance(SOON)
    assert stands(town, alert).station_id == town.station_id


def test_the_alerts_of_an_erased_resident_are_closed_and_lead_to_nobody(town: ScreeningInMemory) -> None:
    alert = town.critical()
    people = (PersonReference(kind="resident", id=alert.resident_id),)
    town.engine.command(RequestErasure(people=people, ground="purpose_ended", area=ELM.area))
    town.engine.advance(SOON)
    closed = stands(town, alert)
    assert (closed.state, closed.reason, closed.overdue) == ("dismissed", "data_erased", False)
    assert town.engine.one(Need, alert.need_id or "").state == "cancelled"
    assert town.ask(ReadResults(resident_id=alert.resident_id)) is None
    town.engine.advance(timedelta(days=2))
    assert stands(town, alert).reminder is None, "nobody is reminded of a person who is gone"


def merged(town: ScreeningInMemory) -> tuple[Alert, str]:
    """Merge a resident with an open alert into one of the station next door; return the alert, and that resident."""
    alert, there = town.critical(), town.elder(actor=OAK, station_id=town.next_door)
    town.engine.command(MergeResidents(resident_id=alert.resident_id, into_id=there), actor=CENTRE)
    town.engine.advance(SOON)
    assert stands(town, alert).area == OAK.area
    return alert, there


def test_the_alerts_under_a_merged_id_follow_the_survivor_back_to_its_own_station(town: ScreeningInMemory) -> None:
    alert, survivor = merged(town)
    town.act(TransferResident, survivor, CENTRE, station_id=town.station_id)
    town.engine.advance(SOON)
    assert (stands(town, alert).station_id, stands(town, alert).area) == (town.station_id, ELM.area)


def test_the_alerts_under_a_merged_id_go_back_once_the_survivor_was_erased(town: ScreeningInMemory) -> None:
    alert, survivor = merged(town)
    people = (PersonReference(kind="resident", id=survivor),)
    town.engine.command(RequestErasure(people=people, ground="purpose_ended", area=OAK.area), actor=CENTRE)
    town.engine.advance(SOON)
    assert (stands(town, alert).state, stands(town, alert).area) == ("detected", ELM.area)


def test_a_value_corrected_after_the_survivor_was_erased_raises_its_alert_where_the_resident_is(
    town: ScreeningInMemory,
) -> None:
    resident, there = town.elder(), town.elder(actor=OAK, station_id=town.next_door)
    (result,) = town.record(resident, systolic_pressure=120).items
    town.engine.command(MergeResidents(resident_id=resident, into_id=there), actor=CENTRE)
    people = (PersonReference(kind="resident", id=there),)
    town.engine.command(RequestErasure(people=people, ground="purpose_ended", area=OAK.area), actor=CENTRE)
    town.engine.advance(SOON)
    town.act(CorrectResult, result.id, ELM, measured=186, correction="measured_wrongly")
    assert town.alert(resident).station_id == town.station_id


def test_screenings_and_alerts_of_a_merged_station_go_on_at_its_successor(town: ScreeningInMemory) -> None:
    alert, planned = town.critical(), town.plan()
    town.engine.command(MergeStation(id=town.station_id, into_id=town.next_door))
    town.engine.advance(timedelta(minutes=30))
    for one in (planned.id, town.screening_id):
        assert town.engine.one(Screening, one).station_id == town.next_door
    assert stands(town, alert).station_id == town.next_door
    town.record(alert.resident_id, OAK, lives_alone="yes")
