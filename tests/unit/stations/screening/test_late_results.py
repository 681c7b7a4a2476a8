"""Results that come late, twice, out of order, or corrected after the alert; and those of a merged resident."""

from datetime import timedelta
from typing import Any

import pytest
from residents_in_memory import CENTRE, ELM, OAK
from screening_in_memory import DAY, HOUR, ScreeningInMemory

from services.stations.needs.domain.named import NeedResidents
from services.stations.needs.domain.need import Need
from services.stations.screening.domain.alert import Alert
from services.stations.screening.domain.result import Examination, Result
from services.stations.screening.domain.screening import Screening
from services.stations.screening.retention import OldResults
from shared.contracts import Refused
from shared.contracts.stations.alerts import AnswerAlert, DismissAlert, ReadAlertPerson, TreatAlert
from shared.contracts.stations.merges import MergeResidents
from shared.contracts.stations.needs import CancelNeed, ConfirmNeed
from shared.contracts.stations.reopening import ReopenNeed
from shared.contracts.stations.results import CorrectResult, ReadResults
from shared.contracts.stations.screenings import EndScreening


@pytest.fixture
def town() -> ScreeningInMemory:
    return ScreeningInMemory()


def refusal(call: Any, *args: Any, **kwargs: Any) -> tuple[str, str | None]:
    with pytest.raises(Refused) as refused:
        call(*args, **kwargs)
    return refused.value.rule, refused.value.field


def counts(town: ScreeningInMemory) -> tuple[int, int, int, int]:
    shown = town.engine.one(Screening, town.screening_id)
    return shown.examined, shown.watch, shown.high, shown.critical


def correct(town: ScreeningInMemory, result_id: str, value: int, **more: Any) -> Any:
    return town.act(CorrectResult, result_id, measured=value, correction="measured_wrongly", **more).items[0]


def test_a_late_result_of_a_laboratory_is_taken_for_two_weeks_and_its_clock_begins_when_it_is_known(
    town: ScreeningInMemory,
) -> None:
    resident = town.elder()
    town.record(resident, systolic_pressure=120)
    ended = town.act(EndScreening, town.screening_id).ended_at
    town.engine.advance(3 * DAY)
    town.record(resident, fasting_glucose=150)
    assert town.alert(resident).detected_at == town.engine.now
    (glucose,) = (one for one in town.engine.all(Result) if one.indicator == "fasting_glucose")
    assert glucose.measured_at == ended
    assert counts(town)[0] == 1
    town.engine.advance(12 * DAY)
    assert refusal(town.record, resident, lives_alone="yes") == ("too_late_for_results", "screening_id")


def test_values_are_measured_within_the_screening(town: ScreeningInMemory) -> None:
    resident, began = town.elder(), town.engine.one(Screening, town.screening_id).began_at
    assert began is not None
    town.engine.advance(2 * HOUR)
    for outside in (began - HOUR, town.engine.now + HOUR):
        assert refusal(town.record, resident, at=outside, lives_alone="no") == ("measured_in_screening", "measured_at")
    town.record(resident, at=began + HOUR, lives_alone="no")
    assert town.engine.all(Result)[0].measured_at == began + HOUR


@pytest.mark.parametrize("order", [("systolic_pressure", "fasting_glucose"), ("fasting_glucose", "systolic_pressure")])
def test_results_come_in_any_order_and_share_one_need(town: ScreeningInMemory, order: tuple[str, str]) -> None:
    resident, values = town.elder(), {"systolic_pressure": 165, "fasting_glucose": 80}
    for _ in range(2):
        for code in order:
            town.record(resident, **{code: values[code]})
    assert len(town.engine.all(Result)) == len(town.engine.all(Alert)) == len(values)
    (need,) = town.engine.all(Need)
    assert {one.need_id for one in town.engine.all(Alert)} == {need.id}
    assert town.engine.one(NeedResidents, need.id).residents == (resident,), "the need names the resident"


def test_the_counts_of_a_screening_follow_a_correction(town: ScreeningInMemory) -> None:
    (first,) = town.record(town.elder(), systolic_pressure=165).items
    assert counts(town) == (1, 0, 1, 0)
    second = correct(town, first.id, 186)
    assert counts(town) == (1, 0, 0, 1)
    correct(town, second.id, 120)
    assert counts(town) == (1, 0, 0, 0)
    assert town.engine.one(Screening, town.screening_id).results == 1, "a corrected value counts once"


def test_a_crossing_after_a_false_alarm_raises_an_alert_and_a_need_again(town: ScreeningInMemory) -> None:
    resident = town.elder()
    (first,) = town.record(resident, systolic_pressure=165).items
    town.on(town.alert(resident), DismissAlert, reason="measured_wrongly")
    again = correct(town, first.id, 168)
    needs = {need.id: need.state for need in town.engine.all(Need)}
    assert sorted(needs.values()) == ["cancelled", "published"]
    assert needs[again.need_id] == "published"
    assert again.alert_id != first.alert_id


def test_a_need_that_another_one_of_the_same_screening_follows_is_not_opened_again(town: ScreeningInMemory) -> None:
    resident = town.elder()
    (first,) = town.record(resident, systolic_pressure=165).items
    town.engine.command(CancelNeed(need_id=str(first.need_id), reason_code="no_longer_needed"), actor=ELM)
    reopen = ReopenNeed(need_id=str(first.need_id), due=town.engine.now + DAY, reason_code="ended_wrongly")
    second = correct(town, first.id, 186)
    with pytest.raises(Refused, match="need_followed") as refused:
        town.engine.command(reopen, actor=ELM)
    assert refused.value.values["need"] == second.need_id
    last = reopen.model_copy(update={"need_id": second.need_id})
    town.engine.command(CancelNeed(need_id=second.need_id, reason_code="no_longer_needed"), actor=ELM)
    town.engine.command(last, actor=ELM)
    assert town.engine.one(Need, second.need_id).state == "published"


def test_a_treated_alert_covers_a_corrected_value_unless_it_is_graver(town: ScreeningInMemory) -> None:
    resident = town.elder()
    (first,) = town.record(resident, systolic_pressure=165).items
    town.on(town.alert(resident), TreatAlert, treatment="seen_by_doctor")
    same = correct(town, first.id, 170)
    assert same.alert_id == first.alert_id
    assert town.alert(resident).state == "treated"
    assert correct(town, same.id, 186).alert_id != first.alert_id


def test_a_crossing_after_the_need_was_served_opens_another_need(town: ScreeningInMemory) -> None:
    resident = town.elder()
    (first,) = town.record(resident, systolic_pressure=165).items
    town.link(str(first.need_id), 1, 1)
    town.engine.command(ConfirmNeed(need_id=str(first.need_id)), actor=ELM)
    (second,) = (one for one in town.record(resident, fasting_glucose=150).items if one.indicator == "fasting_glucose")
    assert second.need_id not in {None, first.need_id}


def test_an_overdue_alert_that_becomes_graver_stays_overdue(town: ScreeningInMemory) -> None:
    resident = town.elder()
    (first,) = town.record(resident, systolic_pressure=165).items
    town.engine.advance(25 * HOUR)
    correct(town, first.id, 186)
    graver = town.alert(resident)
    assert (graver.severity, graver.overdue) == ("critical", True)
    assert graver.reminder is not None


def test_a_centre_s_screening_raises_the_alert_at_the_station_that_cares(town: ScreeningInMemory) -> None:
    street = town.open_street_centre()
    neighbour = town.elder(actor=OAK, station_id=town.next_door)
    planned = town.plan(CENTRE, station_id=street)
    town.begin(planned.id, CENTRE)
    town.record(neighbour, CENTRE, systolic_pressure=165)
    alert = town.alert(neighbour)
    assert (alert.station_id, alert.area) == (town.next_door, OAK.area)
    assert town.engine.one(Need, alert.need_id or "").station_id == town.next_door
    assert town.on(alert, AnswerAlert, OAK, way="in_person").state == "answered"
    assert refusal(town.on, alert, TreatAlert, ELM, treatment="counselled")[0] == "unknown_id"


def test_the_results_and_alerts_of_a_merged_resident_are_the_survivor_s(town: ScreeningInMemory) -> None:
    gone, stays = town.elder(), town.elder()
    (known,) = town.record(gone, systolic_pressure=165).items
    town.engine.command(MergeResidents(resident_id=gone, into_id=stays), actor=CENTRE)
    town.engine.advance(timedelta(minutes=1))
    assert town.ask(ReadAlertPerson(alert_id=str(known.alert_id))).resident_id == stays
    assert [one.measured for one in town.ask(ReadResults(resident_id=stays)).items] == [165]
    assert refusal(town.record, stays, systolic_pressure=150) == ("result_known", "results.0")
    items = town.record(stays, systolic_pressure=165, fasting_glucose=80).items
    assert {one.need_id for one in items} == {known.need_id}, "one need for the one person"
    assert counts(town)[0] == 1, "one person was examined"
    assert correct(town, known.id, 186).need_id == known.need_id


def test_an_old_result_leaves_the_newer_ones_of_the_same_person_in_their_place(town: ScreeningInMemory) -> None:
    now = town.engine.now
    town.begin(town.plan(starts_at=now, ends_at=now + 300 * DAY).id)
    resident = town.elder()
    town.record(resident, systolic_pressure=120)
    town.engine.advance(20 * DAY)
    (newer,) = (one for one in town.record(resident, fasting_glucose=50).items if one.indicator == "fasting_glucose")
    store, old = town.store, OldResults(days=30)
    assert len(old.delete_batch(store, now + 40 * DAY) or ()) == 1
    (examination,) = store[Examination.collection].find({})
    assert (examination["results"], examination["version"]) == ({"fasting_glucose": newer.id}, 3)
    assert old.delete_batch(store, now + 60 * DAY) == [newer.id]
    assert list(store[Examination.collection].find({})) == []


def test_a_screening_begins_at_most_a_year_ago(town: ScreeningInMemory) -> None:
    assert refusal(town.plan, starts_at=town.engine.now - 366 * DAY) == ("screening_begins_too_early", "starts_at")


def test_old_results_go_with_their_values_and_the_closed_alert_stays_nameless(town: ScreeningInMemory) -> None:
    closed, still_open = town.elder(), town.elder()
    town.record(closed, systolic_pressure=165, lives_alone="no")
    town.record(still_open, systolic_pressure=165)
    done, waits = town.alert(closed), town.alert(still_open)
    town.on(done, TreatAlert, treatment="seen_by_doctor")
    store, old = town.store, OldResults(days=30)
    assert old.delete_batch(store, town.engine.now + 20 * DAY) is None
    assert len(old.delete_batch(store, town.engine.now + 40 * DAY) or ()) == len(("pressure", "alone"))
    rows = {row["_id"]: row for row in store[Alert.collection].find({})}
    assert (rows[done.id]["resident_id"], rows[done.id]["state"]) == ("", "treated")
    assert rows[waits.id]["resident_id"] == still_open
    assert [row["resident_id"] for row in store[Result.collection].find({})] == [still_open]
    assert town.ask(ReadAlertPerson(alert_id=done.id), store=store) is None
