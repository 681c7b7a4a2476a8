"""Results of a screening: one a resident and indicator, judged once, sealed, corrected by a new one."""

from typing import Any

import pytest
from residents_in_memory import CENTRE, ELM, OAK
from screening_in_memory import DAY, HOUR, ScreeningInMemory

from services.stations.needs.domain.need import Need
from services.stations.screening.domain.alert import Alert
from services.stations.screening.domain.result import Result
from services.stations.screening.domain.screening import Screening
from shared.contracts import Refused
from shared.contracts.stations.indicators import DefineIndicator
from shared.contracts.stations.residents import EndResident
from shared.contracts.stations.results import CorrectResult, ReadResults
from shared.contracts.stations.shipped_indicators import SHIPPED_INDICATORS


@pytest.fixture
def town() -> ScreeningInMemory:
    return ScreeningInMemory()


def refusal(call: Any, *args: Any, **kwargs: Any) -> tuple[str, str | None]:
    with pytest.raises(Refused) as refused:
        call(*args, **kwargs)
    return refused.value.rule, refused.value.field


def test_each_value_is_judged_by_the_indicator_in_force_and_keeps_its_version(town: ScreeningInMemory) -> None:
    answer = town.record(town.elder(), systolic_pressure=162, lives_alone="no")
    assert [(one.indicator, one.severity) for one in answer.items] == [
        ("systolic_pressure", "high"), ("lives_alone", None),
    ]  # fmt: skip
    assert {(one.judged_by, one.judged_version) for one in answer.items} == {
        ("shipped_systolic_pressure", 1), ("shipped_lives_alone", 1),
    }  # fmt: skip
    shown = town.engine.one(Screening, town.screening_id)
    assert (shown.examined, shown.results, shown.watch, shown.high, shown.critical) == (1, 2, 0, 1, 0)


def test_a_value_is_stored_sealed_and_in_no_event(town: ScreeningInMemory) -> None:
    resident = town.elder()
    town.record(resident, systolic_pressure=187)
    (result,) = town.engine.all(Result)
    assert "187" not in result.value
    events = [event for event in town.engine.events if event.type.startswith(("stations.alert", "stations.screening"))]
    told = str([event.model_dump_json() for event in events])
    assert "187" not in told
    assert resident not in told
    read = town.ask(ReadResults(resident_id=resident))
    assert [(one.indicator, one.measured, one.severity) for one in read.items] == [
        ("systolic_pressure", 187, "critical")
    ]


def test_without_separate_consent_nobody_is_screened(town: ScreeningInMemory) -> None:
    resident = town.resident(name="Who Declines").id
    assert refusal(town.record, resident, systolic_pressure=150) == ("consent_missing", "resident_id")
    town.agree(resident, "family_notice")
    assert refusal(town.record, resident, systolic_pressure=150)[0] == "consent_missing"
    town.agree(resident, "health_screening")
    town.record(resident, systolic_pressure=150)
    town.engine.advance(301 * DAY)
    other = town.running().id
    town.screening_id = other
    assert refusal(town.record, resident, systolic_pressure=150)[0] == "consent_over"


def test_a_consent_to_health_data_stands_by_itself_and_for_no_agency(town: ScreeningInMemory) -> None:
    resident = town.resident(name="Asked").id
    both = ("health", "contact")
    assert refusal(town.agree, resident, "health_screening", scopes=both)[0] == "sensitive_stands_alone"
    town.agree(resident, "health_screening", recipient="agency_hospital")
    assert refusal(town.record, resident, systolic_pressure=150)[0] == "consent_missing"


def test_the_same_value_again_changes_nothing_and_another_one_is_a_correction(town: ScreeningInMemory) -> None:
    resident = town.elder()
    first = town.record(resident, systolic_pressure=186)
    events = len(town.engine.events)
    assert town.record(resident, systolic_pressure=186) == first
    assert len(town.engine.events) == events
    assert refusal(town.record, resident, systolic_pressure=120) == ("result_known", "results.0")
    assert len(town.engine.all(Alert)) == 1
    assert len(town.engine.all(Need)) == 1


def test_several_crossings_of_one_person_open_one_need(town: ScreeningInMemory) -> None:
    resident = town.elder()
    answer = town.record(resident, systolic_pressure=186, fasting_glucose=75, lives_alone="yes")
    assert [one.severity for one in answer.items] == ["critical", "high", "watch"]
    (need,) = town.engine.all(Need)
    assert [one.need_id for one in answer.items] == [need.id, need.id, None]
    assert (need.channel, need.urgency, need.state, need.groups) == (
        "screening", "urgent", "published", ("elderly_80_plus",),
    )  # fmt: skip
    town.record(resident, grip_strength=400)
    assert len(town.engine.all(Need)) == 1
    shown = town.engine.one(Screening, town.screening_id)
    assert (shown.examined, shown.results) == (1, 4)


def test_a_resident_without_a_home_on_record_has_an_alert_and_the_reason_why_no_need(town: ScreeningInMemory) -> None:
    resident = town.elder(location=None)
    town.record(resident, systolic_pressure=186)
    alert = town.alert(resident)
    assert (alert.need_id, alert.need_refused, alert.state) == (None, "home_not_located", "detected")
    assert not town.engine.all(Need)


def test_a_correction_is_a_new_result_and_the_former_one_stays(town: ScreeningInMemory) -> None:
    resident = town.elder()
    (first,) = town.record(resident, systolic_pressure=142).items
    town.engine.advance(HOUR)
    corrected = town.act(CorrectResult, first.id, measured=165, correction="measured_wrongly")
    (second,) = corrected.items
    assert (second.severity, second.id != first.id) == ("high", True)
    read = town.ask(ReadResults(resident_id=resident)).items
    assert [(one.measured, one.replaced_by) for one in read] == [(165, None), (142, second.id)]
    assert refusal(town.act, CorrectResult, first.id, measured=1, correction="entered_wrongly")[0] == "result_replaced"
    alert = town.alert(resident)
    assert (alert.severity, alert.need_id is not None) == ("high", True), "the alert is graver, and has a need now"


def test_a_corrected_value_that_crosses_nothing_dismisses_the_alert_and_cancels_its_need(
    town: ScreeningInMemory,
) -> None:
    resident = town.elder()
    (result,) = town.record(resident, systolic_pressure=165).items
    town.act(CorrectResult, result.id, measured=118, correction="entered_wrongly")
    alert = town.alert(resident)
    assert (alert.state, alert.reason) == ("dismissed", "result_corrected")
    assert town.engine.all(Need)[0].state == "cancelled"


def test_nobody_lifts_a_critical_alert_by_correcting_its_value_alone(town: ScreeningInMemory) -> None:
    resident = town.elder()
    (result,) = town.record(resident, systolic_pressure=186).items
    town.act(CorrectResult, result.id, measured=118, correction="entered_wrongly")
    assert town.alert(resident).state == "dismissal_asked"
    assert town.engine.all(Need)[0].state == "published", "the need stays until another person has checked"


def test_a_corrected_value_never_makes_an_alert_less_grave(town: ScreeningInMemory) -> None:
    resident = town.elder()
    (result,) = town.record(resident, systolic_pressure=186).items
    town.act(CorrectResult, result.id, measured=145, correction="measured_wrongly")
    assert town.alert(resident).severity == "critical"


@pytest.mark.parametrize(
    ("values", "rule", "field"),
    [
        ({"systolic_pressure": 900}, "number_out_of_range", "results.0.measured"),
        ({"lives_alone": "perhaps"}, "answer_of_indicator", "results.0.chosen"),
        ({"gds_15": 3}, "indicator_once_of_screening", "results.0.indicator"),
        ({"lives_alone": "no", "grip_strength": 200}, "threshold_asks_sex", "sex"),
    ],
)
def test_a_value_at_fault_is_named_and_nothing_of_the_record_is_stored(
    town: ScreeningInMemory, values: dict[str, Any], rule: str, field: str
) -> None:
    assert refusal(town.record, town.elder(), **values) == (rule, field)
    assert not town.engine.all(Result)


def test_the_sex_is_that_of_the_identity_number_where_there_is_one(town: ScreeningInMemory) -> None:
    woman = town.elder(identity_number="11010519491231002X", birth_year=None)
    assert town.record(woman, sex="male", grip_strength=200).items[0].severity is None
    assert town.record(town.elder(), sex="male", grip_strength=200).items[0].severity == "watch"


def test_results_are_recorded_while_the_screening_runs_for_those_in_the_care_of_the_station(
    town: ScreeningInMemory,
) -> None:
    resident = town.elder()
    neighbour = town.resident(actor=OAK, station_id=town.next_door, name="Neighbour", phones=()).id
    assert refusal(town.record, neighbour, systolic_pressure=120)[0] == "unknown_id"
    assert refusal(town.record, neighbour, actor=CENTRE, systolic_pressure=120)[0] == "resident_outside_screening"
    assert refusal(town.record, resident, actor=OAK, systolic_pressure=120)[0] == "unknown_id"
    gone = town.elder()
    town.act(EndResident, gone, reason="moved_away")
    assert refusal(town.record, gone, systolic_pressure=120)[0] == "resident_in_state"
    town.screening_id = town.plan().id
    assert refusal(town.record, resident, systolic_pressure=120)[0] == "screening_not_in_state"


def test_a_worker_of_the_neighbouring_station_reads_no_result(town: ScreeningInMemory) -> None:
    resident = town.elder()
    (result,) = town.record(resident, systolic_pressure=186).items
    assert town.ask(ReadResults(resident_id=resident), OAK) is None
    assert (
        refusal(town.act, CorrectResult, result.id, OAK, measured=120, correction="entered_wrongly")[0] == "unknown_id"
    )


def test_the_city_s_own_indicator_judges_from_its_definition_on(town: ScreeningInMemory) -> None:
    resident = town.elder()
    town.record(resident, systolic_pressure=150)
    shipped = SHIPPED_INDICATORS["systolic_pressure"].model_dump(mode="json")
    stricter = [{"severity": "high", "at_least": 145}]
    town.engine.command(DefineIndicator.model_validate({**shipped, "area": ELM.area[:6], "thresholds": stricter}))
    other = town.record(town.elder(), systolic_pressure=150).items[0]
    assert (other.severity, other.judged_version) == ("high", 1)
    assert other.judged_by == f"indicator_{ELM.area[:6]}_systolic_pressure"
    assert town.ask(ReadResults(resident_id=resident)).items[0].severity == "watch", "judged before"
