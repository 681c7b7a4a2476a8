"""Consents of residents are seen by those alone who may see residents, and by the agency that is the recipient."""

from typing import Any

import pytest
from gateway_events import AREA, ProjectorInMemory
from gateway_samples import envelope_of

from services.gateway.features.consents.view import KEPT, is_visible, visible_to
from services.gateway.features.tasks.routes import shown_to
from services.gateway.features.tasks.view import TaskView
from shared.contracts.access import Actor, is_private, may_see, permissions_of
from shared.contracts.messages import COMMANDS, EVENTS
from shared.contracts.plain import NextStep
from shared.contracts.registry import load_contracts
from shared.contracts.stations.consents import ResidentConsentGiven
from shared.engine.decide.memory import START

load_contracts()
GIVEN = ResidentConsentGiven(
    id="resident_consent_1", version=1, area=AREA, person_kind="resident", person_id="resident_1",
    scopes=("contact",), purpose="case_referral", recipient="clinic", given_by="self", given_at=START,
    expires_at=START, state="given", next_step=NextStep(code="renew_consent", args={}, due=START),
)  # fmt: skip
OTHERS = ["reader", "auditor", "charity_officer", "volunteer_coordinator", "committee_member", "integrator"]
STATIONS = ["station_worker", "supervisor", "platform", "administrator"]


def holder(role: str) -> Actor:
    return Actor(kind="key", id="key_1", on_behalf_of="holder_1", roles=(role,), area=AREA)


def stored(model: Any, projector: ProjectorInMemory) -> Any:
    (found,) = [one for (kind, _), one in projector.followed.entities.items() if kind is model]
    return found


@pytest.mark.parametrize("role", OTHERS)
def test_nobody_else_sees_that_a_resident_consents(role: str) -> None:
    projector = ProjectorInMemory().project(envelope_of(GIVEN, version=1))
    assert not is_visible(stored(KEPT.view, projector), holder(role))
    assert visible_to(holder(role))
    assert stored(TaskView, projector).kind in shown_to(holder(role))["kind"]["$nin"]
    assert not any(may_see(holder(role), kind) for kind in EVENTS if kind.startswith("stations.resident_consent."))


@pytest.mark.parametrize("role", STATIONS)
def test_stations_see_and_renew_the_consents_of_residents(role: str) -> None:
    projector = ProjectorInMemory().project(envelope_of(GIVEN, version=1))
    assert is_visible(stored(KEPT.view, projector), holder(role))
    assert visible_to(holder(role)) == {}
    assert "resident_consent" not in str(shown_to(holder(role)))
    assert COMMANDS["stations", "RenewResidentConsent"].permission in permissions_of(holder(role))


def test_an_agency_sees_the_consent_that_is_given_to_it_and_no_other() -> None:
    projector = ProjectorInMemory().project(envelope_of(GIVEN, version=1))
    clinic, insurer = (
        Actor(kind="agency", id="key_9", on_behalf_of=one, roles=("agency", "reader")) for one in ("clinic", "insurer")
    )
    assert is_visible(stored(KEPT.view, projector), clinic)
    assert not is_visible(stored(KEPT.view, projector), insurer)
    assert is_private(GIVEN.type)
    assert not may_see(clinic, GIVEN.type)


@pytest.mark.parametrize("role", ["charity_officer", "volunteer_coordinator"])
def test_officers_of_other_services_record_no_consent_of_a_resident(role: str) -> None:
    for name in ("GiveResidentConsent", "RenewResidentConsent", "WithdrawResidentConsent"):
        assert COMMANDS["stations", name].permission not in permissions_of(holder(role))
