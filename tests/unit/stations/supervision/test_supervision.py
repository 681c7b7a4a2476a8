"""Visits to stations and their findings: the level above records and checks, the station corrects, each in time."""

from datetime import timedelta
from typing import Any

import pytest
from stations_in_memory import COMMUNITY, StationsInMemory

from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.plain import NextStep
from shared.contracts.stations.network import CloseStation
from shared.contracts.stations.supervision import (
    CloseFinding,
    ExtendFinding,
    FindingOverdue,
    FindingShape,
    RecordFinding,
    RecordVisit,
    ReopenFinding,
    ReportCorrection,
    VisitShape,
    WithdrawFinding,
    WithdrawVisit,
)
from shared.engine.decide.memory import START

DAY = timedelta(days=1)
STREET = COMMUNITY[:9]
DUE = START + 14 * DAY


def supervisor(name: str, area: str = STREET) -> Actor:
    return Actor(kind="person", id=name, roles=("supervisor",), area=area)


WANG, LIU = supervisor("account_wang"), supervisor("account_liu")
WORKER = Actor(kind="person", id="account_worker", roles=("station_worker",), area=COMMUNITY)
OWN_SUPERVISOR = supervisor("account_own", COMMUNITY)


class Supervised:
    """A station, and calls for the commands about its visits."""

    def __init__(self) -> None:
        self.stations = StationsInMemory()
        self.engine = self.stations.engine

    def visit(self, actor: Actor = WANG, **changes: Any) -> VisitShape:
        posted = {
            "station_id": self.stations.station_id, "kind": "guidance", "topics": ["case_records"],
            "began_at": START - timedelta(hours=2), "minutes": 90, **changes,
        }  # fmt: skip
        visit: VisitShape = self.engine.command(RecordVisit.model_validate(posted), actor=actor)
        return visit

    def find(self, actor: Actor = WANG, **changes: Any) -> FindingShape:
        posted = {
            "visit_id": changes.pop("visit_id", None) or self.visit().id, "topic": "case_records", "severity": "major",
            "action": "complete_records", "due": DUE, **changes,
        }  # fmt: skip
        finding: FindingShape = self.engine.command(RecordFinding.model_validate(posted), actor=actor)
        return finding

    def send(self, command: Any, actor: Actor = WANG) -> FindingShape:
        answer: FindingShape = self.engine.command(command, actor=actor)
        assert dict(self.engine.events[-1].data) == dict(answer), "the event is the answer"
        return answer

    def refusal(self, command: Any, actor: Actor = WANG) -> str:
        with pytest.raises(Refused) as refused:
            self.engine.command(command, actor=actor)
        return refused.value.rule


@pytest.fixture
def town() -> Supervised:
    return Supervised()


def test_a_visit_stands_in_the_area_of_its_station_with_the_time_given_to_it(town: Supervised) -> None:
    visit = town.visit()
    assert (visit.area, visit.minutes, visit.state, visit.next_step) == (COMMUNITY, 90, "recorded", None)


def test_a_visit_that_is_not_over_is_refused(town: Supervised) -> None:
    with pytest.raises(Refused, match="visit_ahead"):
        town.visit(began_at=START - timedelta(minutes=88))
    with pytest.raises(Refused, match="visit_ahead"):
        town.visit(began_at="9999-12-31T23:59:00Z")
    assert town.visit(began_at=START - timedelta(minutes=90) + timedelta(seconds=20)), "of a clock that is ahead"


def test_a_visit_to_a_closed_station_is_refused(town: Supervised) -> None:
    town.engine.command(CloseStation(id=town.stations.station_id))
    with pytest.raises(Refused, match="station_closed"):
        town.visit()


def test_a_finding_is_corrected_by_the_station_and_closed_by_the_street_centre(town: Supervised) -> None:
    finding = town.find()
    assert finding.next_step == NextStep(code="correct_finding", due=DUE)
    corrected = town.send(ReportCorrection(id=finding.id), WORKER)
    assert corrected.next_step == NextStep(code="check_correction", due=START + 14 * DAY)
    closed = town.send(CloseFinding(id=finding.id))
    assert (closed.state, closed.next_step, closed.station_id) == ("closed", None, town.stations.station_id)


def test_a_correction_that_does_not_hold_has_another_time_and_is_counted(town: Supervised) -> None:
    finding = town.find()
    town.send(ReportCorrection(id=finding.id), WORKER)
    again = town.send(ReopenFinding(id=finding.id, due=START + 20 * DAY))
    assert (again.state, again.reopened, again.next_step) == (
        "open", 1, NextStep(code="correct_finding", due=START + 20 * DAY),
    )  # fmt: skip


@pytest.mark.parametrize("actor", [OWN_SUPERVISOR, WORKER], ids=["its supervisor", "its worker"])
def test_a_station_decides_nothing_about_itself(town: Supervised, actor: Actor) -> None:
    with pytest.raises(Refused, match=r"supervised_by_itself|permission") as refused:
        town.visit(actor)
    assert refused.value.field in {"station_id", "permission"}
    finding = town.find()
    with pytest.raises(Refused, match=r"supervised_by_itself|permission") as refused:
        town.find(actor, visit_id=finding.visit_id)
    assert refused.value.field in {"visit_id", "permission"}
    town.send(ReportCorrection(id=finding.id), LIU)
    for command in (
        CloseFinding(id=finding.id),
        ReopenFinding(id=finding.id, due=DUE),
        ExtendFinding(id=finding.id, due=DUE),
        WithdrawFinding(id=finding.id, reason="duplicate"),
        WithdrawVisit(id=finding.visit_id, reason="duplicate"),
    ):
        assert town.refusal(command, actor) in {"supervised_by_itself", "permission_missing"}


def test_nobody_ends_a_finding_whose_correction_they_reported(town: Supervised) -> None:
    finding = town.find()
    town.send(ReportCorrection(id=finding.id), WANG)
    assert town.refusal(CloseFinding(id=finding.id), WANG) == "correction_by_own_hand"
    assert town.refusal(WithdrawFinding(id=finding.id, reason="duplicate"), WANG) == "correction_by_own_hand"
    assert town.send(CloseFinding(id=finding.id), LIU).state == "closed"


def test_a_finding_of_another_street_is_as_one_that_there_is_not(town: Supervised) -> None:
    finding = town.find()
    elsewhere = supervisor("account_elsewhere", "110102010")
    assert town.refusal(CloseFinding(id=finding.id), elsewhere) == town.refusal(CloseFinding(id="finding_0"), elsewhere)


@pytest.mark.parametrize("due", [START, START + 366 * DAY], ids=["at once", "in more than a year"])
def test_the_time_of_a_correction_lies_within_a_year(town: Supervised, due: Any) -> None:
    with pytest.raises(Refused, match="correction_due_range"):
        town.find(due=due)
    finding = town.find()
    assert town.refusal(ExtendFinding(id=finding.id, due=due)) == "correction_due_range"


def test_an_ended_finding_stays_as_it_is(town: Supervised) -> None:
    finding = town.find()
    assert town.send(WithdrawFinding(id=finding.id, reason="recorded_by_mistake")).next_step is None
    for command in (
        ReportCorrection(id=finding.id),
        CloseFinding(id=finding.id),
        ReopenFinding(id=finding.id, due=DUE),
        ExtendFinding(id=finding.id, due=DUE),
        WithdrawFinding(id=finding.id, reason="duplicate"),
    ):
        assert town.refusal(command) == "finding_not_in_state"


def test_a_withdrawn_visit_has_no_further_finding_and_its_findings_go_on(town: Supervised) -> None:
    finding = town.find()
    town.engine.command(WithdrawVisit(id=finding.visit_id, reason="duplicate"), actor=WANG)
    with pytest.raises(Refused, match="visit_withdrawn"):
        town.find(visit_id=finding.visit_id)
    assert town.send(ReportCorrection(id=finding.id), WORKER).state == "corrected"


def test_a_late_correction_is_up_to_the_station_then_the_street_then_the_district(town: Supervised) -> None:
    town.find()
    town.engine.advance(17 * DAY)
    levels = [(e.reminder.level, e.reminder.area) for e in town.engine.emitted(FindingOverdue) if e.reminder]
    assert levels == [("station", COMMUNITY), ("street", STREET), ("district", COMMUNITY[:6])]


def test_a_late_check_is_up_to_the_street_first_because_the_station_has_done_its_part(town: Supervised) -> None:
    finding = town.find()
    town.send(ReportCorrection(id=finding.id), WORKER)
    town.engine.advance(16 * DAY)
    reminders = [event.reminder for event in town.engine.emitted(FindingOverdue) if event.reminder]
    assert [(one.step, one.level, one.area) for one in reminders] == [
        ("check_correction", "street", STREET), ("check_correction", "district", COMMUNITY[:6]),
    ]  # fmt: skip


def test_another_time_ends_the_reminders_of_the_old_one(town: Supervised) -> None:
    finding = town.find()
    town.engine.advance(14 * DAY + timedelta(minutes=1))
    extended = town.send(ExtendFinding(id=finding.id, due=START + 30 * DAY))
    assert extended.reminder is None
    town.engine.advance(5 * DAY)
    assert len(town.engine.emitted(FindingOverdue)) == 1
