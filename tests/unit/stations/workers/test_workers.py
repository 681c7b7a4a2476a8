"""Social workers: sealed data, one certificate each, a registration that is renewed in time, and leave."""

from datetime import date, timedelta
from typing import Any

import pytest
from residents_in_memory import CENTRE, ELM, OAK, ResidentsInMemory, audited, worker
from stations_in_memory import COMMUNITY, NEXT_DOOR

from services.stations.workers.days import today_of
from services.stations.workers.domain import Worker, WorkerRecord
from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.persons import PersonReference
from shared.contracts.stations.erasures import RequestErasure
from shared.contracts.stations.network import CloseStation
from shared.contracts.stations.succession import MergeStation
from shared.contracts.stations.worker_queries import LookUpWorkers, ReadWorker
from shared.contracts.stations.workers import (
    BeginLeave,
    ChangeWorker,
    EmployAgain,
    EndEmployment,
    EndLeave,
    LicenceEnding,
    LicenceExpired,
    RecordLicence,
    RegisterWorker,
    TransferWorker,
    WorkerShape,
    WorkerStepOverdue,
)
from shared.engine.decide.memory import START
from shared.people.erasing import ErasurePart

DAY = timedelta(days=1)
TODAY = today_of(START)
UNTIL = TODAY + 200 * DAY
NUMBER = "2023011010001"
PHONE = "+8613800138002"
LICENCE: dict[str, Any] = {"level": "assistant", "certificate_number": NUMBER, "registered_until": UNTIL}
STAFF_OFFICE = worker("account_office", COMMUNITY, "supervisor")


class Staffed(ResidentsInMemory):
    """Two neighbouring stations, and calls about their social workers."""

    def hire(self, actor: Actor = CENTRE, **changes: Any) -> WorkerShape:
        posted: dict[str, Any] = {
            "station_id": self.station_id, "name": "Lin Invented", "phone": PHONE,
            "employed_on": TODAY - 400 * DAY, **LICENCE, **changes,
        }  # fmt: skip
        hired: WorkerShape = self.engine.command(RegisterWorker.model_validate(posted), actor=actor)
        return hired

    def stands(self, worker_id: str) -> Worker:
        return self.engine.one(Worker, worker_id)

    def happened(self, kind: type) -> list[Any]:
        return [event.data for event in self.engine.events if isinstance(event.data, kind)]

    def refusal(self, kind: Any, worker_id: str, **fields: Any) -> tuple[str, str | None]:
        with pytest.raises(Refused) as refused:
            self.act(kind, worker_id, CENTRE, **fields)
        return refused.value.rule, refused.value.field


@pytest.fixture
def town() -> Staffed:
    return Staffed()


def test_a_social_worker_is_shown_without_a_name_and_kept_sealed(town: Staffed) -> None:
    hired = town.hire()
    assert (hired.state, hired.level, hired.licence, hired.area) == ("employed", "assistant", "in_force", COMMUNITY)
    kept = town.engine.one(WorkerRecord, hired.id).to_document()
    shown = repr([event.data for event in town.engine.events]) + repr(town.stands(hired.id))
    for secret in ("Lin Invented", PHONE, NUMBER):
        assert secret not in repr(kept)
        assert secret not in shown


def test_the_personal_data_is_read_on_record_within_the_area(town: Staffed) -> None:
    hired = town.hire()
    store = town.store
    found = town.ask(ReadWorker(worker_id=hired.id), STAFF_OFFICE, store)
    assert (found.name, found.phone, found.certificate_number) == ("Lin Invented", PHONE, NUMBER)
    assert audited(store) == [("worker", [hired.id])]
    assert town.ask(ReadWorker(worker_id=hired.id), worker("account_oak", NEXT_DOOR, "supervisor")) is None


@pytest.mark.parametrize(
    "wanted", [{"name": "LIN  invented"}, {"phone": "138 0013 8002"}, {"certificate_number": "2023-0110-10001"}]
)
def test_a_search_answers_by_reference_within_the_area_and_is_on_record(town: Staffed, wanted: dict[str, str]) -> None:
    hired = town.hire()
    store = town.store
    asked = LookUpWorkers.model_validate(wanted)
    assert [one.id for one in town.ask(asked, CENTRE, store).items] == [hired.id]
    assert audited(store) == [("worker_look_up", [hired.id])]
    assert town.ask(asked, OAK).items == ()


def test_a_search_goes_by_one_particular_alone() -> None:
    with pytest.raises(ValueError, match="one_way_to_find_worker"):
        LookUpWorkers(name="Lin Invented", phone="13800138002")


def test_a_certificate_belongs_to_one_social_worker_until_the_employment_ends(town: Staffed) -> None:
    first = town.hire()
    with pytest.raises(Refused, match="certificate_held") as refused:
        town.hire(name="Wu Invented", certificate_number="2023 0110 10001")
    assert NUMBER not in repr(refused.value), "the number is personal"
    with pytest.raises(Refused, match="certificate_held_elsewhere"):
        town.hire(worker("account_next", NEXT_DOOR, "supervisor"), name="Wu", station_id=town.next_door)
    town.act(EndEmployment, first.id, CENTRE, reason="moved_on", left_on=TODAY)
    second = town.hire(name="Lin Invented", station_id=town.next_door)
    assert town.refusal(EmployAgain, first.id, employed_on=TODAY) == ("certificate_held", "id")
    town.act(EndEmployment, second.id, CENTRE, reason="registered_by_mistake", left_on=TODAY)
    assert town.act(EmployAgain, first.id, CENTRE, employed_on=TODAY).state == "employed"


def test_a_renewal_is_a_task_for_90_days_and_is_reminded_of_level_by_level_30_days_before_the_end(
    town: Staffed,
) -> None:
    hired = town.hire()
    assert hired.next_step is None
    town.engine.advance(111 * DAY)
    (ending,) = town.happened(LicenceEnding)
    assert (ending.licence, ending.next_step.code) == ("ending", "renew_licence")
    assert not town.happened(WorkerStepOverdue)
    town.engine.advance(60 * DAY)
    assert [event.reminder.level for event in town.happened(WorkerStepOverdue)] == ["station"]
    town.engine.advance(15 * DAY)
    town.engine.advance(15 * DAY)
    assert [event.reminder.level for event in town.happened(WorkerStepOverdue)][:3] == ["station", "street", "district"]
    (over,) = town.happened(LicenceExpired)
    assert (over.licence, over.state) == ("expired", "employed")
    renewed = town.act(RecordLicence, hired.id, CENTRE, **{**LICENCE, "registered_until": UNTIL + 3 * 365 * DAY})
    assert (renewed.licence, renewed.next_step, renewed.reminder) == ("in_force", None, None)


def test_a_registration_that_no_renewal_gives_is_refused(town: Staffed) -> None:
    with pytest.raises(Refused, match="registration_too_long"):
        town.hire(registered_until=TODAY + 1300 * DAY)
    with pytest.raises(ValueError, match="licence_incomplete"):
        RecordLicence(id="worker_1", level="senior", registered_until=UNTIL)
    with pytest.raises(ValueError, match="licence_without_level"):
        RecordLicence(id="worker_1", level="none", registered_until=UNTIL)


@pytest.mark.parametrize("number", ["12345", "证书一二三四五六", "2023/0110/10001", "A" * 33])
def test_a_number_that_no_certificate_has_is_refused(number: str) -> None:
    with pytest.raises(ValueError, match="certificate_number"):
        RecordLicence(id="worker_1", level="senior", certificate_number=number, registered_until=UNTIL)


def test_somebody_without_a_licence_is_registered_and_takes_one_later(town: Staffed) -> None:
    hired = town.hire(level="none", certificate_number=None, registered_until=None)
    assert (hired.licence, hired.registered_until) == ("none", None)
    taken = town.act(RecordLicence, hired.id, CENTRE, **{**LICENCE, "certificate_number": "２０２３０１１０１０００１"})
    assert taken.licence == "in_force"
    found = town.ask(ReadWorker(worker_id=hired.id), CENTRE)
    assert (found.name, found.certificate_number) == ("Lin Invented", NUMBER)


def test_a_licence_is_not_taken_away_by_an_empty_request(town: Staffed) -> None:
    hired = town.hire()
    with pytest.raises(ValueError, match="level"):
        RecordLicence.model_validate({"id": hired.id})
    assert town.act(RecordLicence, hired.id, CENTRE, level="none").licence == "none"
    town.hire(name="Wu Invented"), "the certificate is free"


def test_leave_has_a_last_day_and_the_return_is_asked_for(town: Staffed) -> None:
    hired = town.hire()
    away = town.act(BeginLeave, hired.id, CENTRE, until=TODAY + 10 * DAY)
    assert (away.state, away.next_step.code) == ("on_leave", "end_leave")
    assert town.act(BeginLeave, hired.id, CENTRE, until=TODAY + 20 * DAY).leave_until == TODAY + 20 * DAY
    town.engine.advance(22 * DAY)
    assert [event.reminder.level for event in town.happened(WorkerStepOverdue)] == ["station"]
    back = town.act(EndLeave, hired.id, CENTRE)
    assert (back.state, back.leave_until, back.next_step, back.reminder) == ("employed", None, None, None)
    assert town.refusal(EndLeave, hired.id) == ("worker_in_state", "id")
    assert town.refusal(BeginLeave, hired.id, until=TODAY) == ("day_range", "until")


def test_days_of_an_employment_are_in_order(town: Staffed) -> None:
    with pytest.raises(Refused, match="day_not_past"):
        town.hire(employed_on=TODAY + DAY)
    hired = town.hire()
    assert (
        town.refusal(EndEmployment, hired.id, reason="retired", left_on=date(2001, 1, 1))[0] == "left_before_employed"
    )
    town.act(EndEmployment, hired.id, CENTRE, reason="retired", left_on=TODAY - DAY)
    assert town.refusal(EndEmployment, hired.id, reason="retired", left_on=TODAY) == ("worker_in_state", "id")
    assert town.refusal(EmployAgain, hired.id, employed_on=TODAY - 2 * DAY)[0] == "employed_before_left"
    assert town.refusal(RecordLicence, hired.id, **LICENCE) == ("worker_in_state", "id")


def test_a_corrected_name_is_found_in_the_place_of_the_former_one(town: Staffed) -> None:
    hired = town.hire()
    town.act(ChangeWorker, hired.id, CENTRE, name="Lin Corrected")
    assert [one.id for one in town.ask(LookUpWorkers(name="Lin Corrected"), CENTRE).items] == [hired.id]
    assert town.ask(LookUpWorkers(name="Lin Invented"), CENTRE).items == ()
    assert town.ask(ReadWorker(worker_id=hired.id), CENTRE).phone == PHONE


def test_another_station_neither_sees_nor_changes_a_social_worker(town: Staffed) -> None:
    hired = town.hire()
    neighbour = worker("account_next", NEXT_DOOR, "supervisor")
    for asked in (
        ChangeWorker(id=hired.id, name="Mine"), RecordLicence.model_validate({"id": hired.id, **LICENCE}),
        BeginLeave(id=hired.id, until=UNTIL), EndLeave(id=hired.id),
        TransferWorker(id=hired.id, station_id=town.next_door),
        EndEmployment(id=hired.id, reason="resigned", left_on=TODAY), EmployAgain(id=hired.id, employed_on=TODAY),
    ):  # fmt: skip
        with pytest.raises(Refused, match="unknown_id"):
            town.engine.command(asked, actor=neighbour)


def test_a_station_worker_reads_and_changes_nothing(town: Staffed) -> None:
    with pytest.raises(Refused, match="permission"):
        town.hire(ELM)


def test_a_transfer_takes_the_search_along_and_needs_an_open_station(town: Staffed) -> None:
    hired = town.hire()
    moved = town.act(TransferWorker, hired.id, CENTRE, station_id=town.next_door)
    assert (moved.area, moved.station_id) == (NEXT_DOOR, town.next_door)
    assert [one.id for one in town.ask(LookUpWorkers(phone=PHONE), OAK).items] == [hired.id]
    town.engine.command(CloseStation(id=town.station_id))
    assert town.refusal(TransferWorker, hired.id, station_id=town.station_id) == ("station_closed", "station_id")


def test_social_workers_go_along_when_their_station_is_merged(town: Staffed) -> None:
    hired, gone = town.hire(), town.hire(certificate_number="2023011010009")
    town.act(EndEmployment, gone.id, CENTRE, reason="resigned", left_on=TODAY)
    town.engine.command(MergeStation(id=town.station_id, into_id=town.next_door))
    town.engine.advance(DAY)
    for one in (hired.id, gone.id):
        assert (town.stands(one).station_id, town.stands(one).area) == (town.next_door, NEXT_DOOR)
    assert len(town.ask(LookUpWorkers(name="Lin Invented"), OAK).items) == 2
    assert town.act(EmployAgain, gone.id, CENTRE, employed_on=TODAY).station_id == town.next_door


def test_the_street_centre_is_reminded_of_those_whom_a_closed_station_has_left(town: Staffed) -> None:
    hired = town.hire(registered_until=TODAY + 900 * DAY)
    town.engine.command(CloseStation(id=town.station_id))
    town.engine.advance(31 * DAY)
    reminder = town.stands(hired.id).reminder
    assert reminder is not None
    assert (reminder.step, reminder.level) == ("assign_station", "street"), "nobody reads reminders at a closed station"


def test_somebody_who_left_a_closed_station_is_employed_again_at_another_one(town: Staffed) -> None:
    gone = town.hire()
    town.act(EndEmployment, gone.id, CENTRE, reason="resigned", left_on=TODAY)
    town.engine.command(CloseStation(id=town.station_id))
    town.engine.advance(DAY)
    assert town.refusal(EmployAgain, gone.id, employed_on=TODAY) == ("station_closed", "id")
    own = {"employed_on": TODAY, "station_id": town.station_id}
    assert town.refusal(EmployAgain, gone.id, **own) == ("station_closed", "station_id")
    with pytest.raises(Refused, match="unknown_id"):
        town.act(EmployAgain, gone.id, STAFF_OFFICE, employed_on=TODAY, station_id=town.next_door)
    again = town.act(EmployAgain, gone.id, CENTRE, employed_on=TODAY, station_id=town.next_door)
    assert (again.state, again.station_id, again.area) == ("employed", town.next_door, NEXT_DOOR)
    assert [one.id for one in town.ask(LookUpWorkers(phone=PHONE), OAK).items] == [gone.id]


def erase(town: Staffed, worker_id: str) -> str:
    people = (PersonReference(kind="worker", id=worker_id),)
    asked = RequestErasure(people=people, ground="purpose_ended", area=COMMUNITY)
    erasure_id: str = town.engine.command(asked).id
    town.engine.advance(timedelta(minutes=5))
    return erasure_id


def test_the_data_of_somebody_employed_is_erased_once_the_employment_has_ended(town: Staffed) -> None:
    hired = town.hire(external_id="card-7")
    erase(town, hired.id)
    assert town.ask(ReadWorker(worker_id=hired.id), CENTRE).name == "Lin Invented"
    town.act(EndEmployment, hired.id, CENTRE, reason="resigned", left_on=TODAY)
    town.engine.advance(2 * timedelta(hours=1))
    assert (town.stands(hired.id).state, town.engine.all(WorkerRecord)) == ("erased", [])
    assert town.refusal(EmployAgain, hired.id, employed_on=TODAY) == ("person_erased", "id")
    town.hire()


def test_the_data_of_somebody_who_left_is_kept_for_two_years_and_no_longer(town: Staffed) -> None:
    hired, other = town.hire(), town.hire(certificate_number="2023011010009", registered_until=TODAY + 1000 * DAY)
    for one in (hired, other):
        town.act(EndEmployment, one.id, CENTRE, reason="contract_ended", left_on=TODAY)
    town.engine.advance(700 * DAY)
    assert len(town.engine.all(WorkerRecord)) == 2
    town.act(EmployAgain, other.id, CENTRE, employed_on=today_of(town.engine.now))
    town.engine.advance(60 * DAY)
    assert [record.id for record in town.engine.all(WorkerRecord)] == [other.id]
    assert town.stands(hired.id).state == "erased"
    assert {part.state for part in town.engine.all(ErasurePart)} == {"erased"}
