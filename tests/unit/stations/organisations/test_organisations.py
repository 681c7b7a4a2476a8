"""Organisations through their life: registered, changed, suspended, resumed, ended; and their qualification."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from services.stations.declaration import DECLARATION
from services.stations.needs.policy import NeedsPolicy
from shared.contracts.access import Actor
from shared.contracts.refusals import Refused
from shared.contracts.stations.areas import AreaRow, ImportAreas
from shared.contracts.stations.organisations import (
    ChangeOrganisation,
    EndOrganisation,
    OrganisationShape,
    QualificationChanged,
    RegisterOrganisation,
    ResumeOrganisation,
    SuspendOrganisation,
)
from shared.engine.decide.memory import TESTER, MemoryEngine
from shared.runtime.vault import Vault

STREET, COMMUNITY = "110102009", "110102009017"
FACTS: dict[str, Any] = {
    "name": "Elm Hall Service Centre",
    "credit_code": "52110102MJ0123456B",
    "kind": "social_service_institution",
    "roles": ("social_organisation",),
    "area": STREET,
    "areas": (COMMUNITY,),
}
SPRING = {"certificate": "A-1", "since": "2026-04-01", "until": "2026-06-30"}


@pytest.fixture
def engine() -> MemoryEngine:
    made = MemoryEngine(DECLARATION.handlers(NeedsPolicy(), vault=Vault(bytes(32))))
    made.command(ImportAreas(rows=(AreaRow(code=COMMUNITY, name="Elm Hall"), AreaRow(code="110105001", name="East"))))
    return made


def register(engine: MemoryEngine, **changes: Any) -> OrganisationShape:
    answer = engine.command(RegisterOrganisation.model_validate({**FACTS, **changes}))
    assert isinstance(answer, OrganisationShape)
    return answer


def change(engine: MemoryEngine, before: OrganisationShape, **changes: Any) -> OrganisationShape:
    answer = engine.command(ChangeOrganisation.model_validate({"id": before.id, **FACTS, **changes}))
    assert isinstance(answer, OrganisationShape)
    return answer


def refusal(engine: MemoryEngine, command: Any, **more: Any) -> tuple[str, str, str | None]:
    with pytest.raises(Refused) as refused:
        engine.command(command, **more)
    return refused.value.code, refused.value.rule, refused.value.field


def test_a_registered_organisation_is_active_and_its_event_is_its_answer(engine: MemoryEngine) -> None:
    answer = register(engine)
    assert (answer.version, answer.state, answer.credit_code) == (1, "active", FACTS["credit_code"])
    assert dict(engine.events[-1].data) == dict(answer)


@pytest.mark.parametrize("code", ["52110102MJ0123456A", "52110102MJ0123456", "", "12345678901234567X"])
def test_a_credit_code_with_a_wrong_check_character_is_refused(code: str) -> None:
    with pytest.raises(ValidationError):
        RegisterOrganisation.model_validate({**FACTS, "credit_code": code})


def test_a_credit_code_is_kept_without_blanks_and_in_capitals(engine: MemoryEngine) -> None:
    assert register(engine, credit_code="52110102 mj0123456b").credit_code == FACTS["credit_code"]


def test_a_credit_code_belongs_to_one_organisation_until_it_ends(engine: MemoryEngine) -> None:
    first = register(engine)
    again = RegisterOrganisation.model_validate(FACTS)
    assert refusal(engine, again) == ("conflict", "held_by_another", "credit_code")
    engine.command(EndOrganisation(id=first.id, reason="deregistered"))
    assert register(engine).id != first.id


def test_the_holder_of_a_credit_code_is_named_to_those_who_reach_it_alone(engine: MemoryEngine) -> None:
    first = register(engine, area="110105001", areas=())
    office = TESTER.model_copy(update={"area": STREET})
    told = []
    for actor in (TESTER, office):
        with pytest.raises(Refused) as refused:
            engine.command(RegisterOrganisation.model_validate(FACTS), actor=actor)
        told.append((refused.value.rule, first.id in str(refused.value)))
    assert told == [("held_by_another", True), ("held_elsewhere", False)]
    change(engine, first)  # moved to the street: its claim moves along
    assert refusal(engine, RegisterOrganisation.model_validate(FACTS), actor=office)[1] == "held_by_another"


def test_a_corrected_credit_code_frees_the_wrong_one(engine: MemoryEngine) -> None:
    first = register(engine)
    change(engine, first, credit_code="531100005000123450")
    assert register(engine).credit_code == FACTS["credit_code"]


def test_two_registrations_of_one_code_in_one_batch_give_one_organisation(engine: MemoryEngine) -> None:
    asked = RegisterOrganisation.model_validate(FACTS)
    outcomes = engine.batch([engine.incoming("command", asked, asked.type, f"key-{n}") for n in range(2)])
    assert [outcome.refusal is None for outcome in outcomes] == [True, False]


def test_an_area_outside_the_register_is_refused_by_its_field(engine: MemoryEngine) -> None:
    for field, value in (("area", "110102010"), ("areas", ("110102009018",))):
        asked = RegisterOrganisation.model_validate({**FACTS, field: value})
        assert refusal(engine, asked) == ("invalid", "unknown_area", field)


def test_a_change_that_changes_nothing_makes_no_version_and_no_event(engine: MemoryEngine) -> None:
    first = register(engine)
    events = len(engine.events)
    assert change(engine, first).version == 1
    assert len(engine.events) == events


def test_a_change_on_an_older_version_is_refused(engine: MemoryEngine) -> None:
    first = register(engine)
    change(engine, first, name="Elm Hall Centre")
    late = SuspendOrganisation(id=first.id, expected_version=1, reason="licence_lapsed")
    assert refusal(engine, late) == ("version_mismatch", "version_not_current", "If-Match")


def test_a_suspension_is_reviewed_after_thirty_days_and_ends_by_resumption(engine: MemoryEngine) -> None:
    first = register(engine)
    stopped = engine.command(SuspendOrganisation(id=first.id, reason="inspection_failed"))
    assert (stopped.state, stopped.reason) == ("suspended", "inspection_failed")
    assert (stopped.next_step.code, stopped.next_step.due) == ("review_suspension", engine.now + timedelta(days=30))
    resumed = engine.command(ResumeOrganisation(id=first.id))
    assert (resumed.state, resumed.reason, resumed.next_step) == ("active", None, None)


def test_only_what_fits_the_state_is_done(engine: MemoryEngine) -> None:
    first = register(engine)
    wrong = ("wrong_state", "organisation_not_in_state", "id")
    assert refusal(engine, ResumeOrganisation(id=first.id)) == wrong
    engine.command(EndOrganisation(id=first.id, reason="left"))
    assert refusal(engine, EndOrganisation(id=first.id, reason="left")) == wrong
    assert refusal(engine, ChangeOrganisation.model_validate({"id": first.id, **FACTS})) == wrong


def test_a_qualification_runs_from_its_first_to_the_end_of_its_last_day(engine: MemoryEngine) -> None:
    answer = register(engine, qualification=SPRING)
    assert (answer.validity, answer.may_fundraise) == ("ahead", False)
    engine.advance(timedelta(days=60))
    engine.advance(timedelta(days=90))
    begun, lapsed = engine.emitted(QualificationChanged)
    assert (begun.validity, begun.may_fundraise, lapsed.validity, lapsed.may_fundraise) == (
        "in_force", True, "lapsed", False,
    )  # fmt: skip
    times = [event.time.isoformat() for event in engine.events if event.type == QualificationChanged.type]
    # The days of the certificate are Beijing's: midnight there is 16:00 UTC of the day before.
    assert times == ["2026-03-31T16:00:00+00:00", "2026-06-30T16:00:00+00:00"]
    assert engine.timers == {}


def test_a_qualification_that_ends_asks_for_renewal_thirty_days_before(engine: MemoryEngine) -> None:
    step = register(engine, qualification=SPRING).next_step
    assert step is not None
    assert (step.code, step.args["until"]) == ("renew_qualification", "2026-06-30")
    assert step.due is not None
    assert step.due.isoformat() == "2026-05-31T16:00:00+00:00"


def test_a_suspended_organisation_may_not_raise_funds(engine: MemoryEngine) -> None:
    first = register(engine, qualification={**SPRING, "since": "2026-01-01"})
    assert first.may_fundraise
    assert not engine.command(SuspendOrganisation(id=first.id, reason="under_investigation")).may_fundraise


def test_an_organisation_elsewhere_is_refused_as_an_unknown_one(engine: MemoryEngine) -> None:
    first = register(engine)
    east = Actor(kind="key", id="key_east", roles=("supervisor",), area="110105")
    command = SuspendOrganisation(id=first.id, reason="licence_lapsed")
    unknown = command.model_copy(update={"id": "organisation_x"})
    assert refusal(engine, command, actor=east) == ("not_found", "unknown_id", "id")
    assert refusal(engine, unknown, actor=east) == ("not_found", "unknown_id", "id")
