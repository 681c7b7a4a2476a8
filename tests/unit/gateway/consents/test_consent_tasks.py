"""A consent that is about to end is in the work list, and leaves it with its end."""

from datetime import timedelta
from typing import Any

from gateway_events import AREA, ProjectorInMemory
from gateway_samples import envelope_of

from services.gateway.features.tasks.view import TaskView
from shared.contracts.plain import NextStep
from shared.contracts.volunteering.consents import VolunteerConsentGiven, VolunteerConsentWithdrawn
from shared.engine.decide.memory import START

GIVEN = VolunteerConsentGiven(
    id="volunteer_consent_1", version=1, area=AREA, person_kind="volunteer", person_id="vol_1", scopes=("contact",),
    purpose="insurance", recipient="principal_insurer", given_by="self", given_at=START,
    expires_at=START + timedelta(days=60), state="given",
    next_step=NextStep(code="renew_consent", args={"until": "2026-05-01"}, due=START + timedelta(days=30)),
)  # fmt: skip


def task(projector: ProjectorInMemory) -> TaskView:
    found: dict[Any, Any] = projector.followed.entities
    (view,) = [view for (model, _), view in found.items() if model is TaskView]
    return view  # type: ignore[no-any-return]


def test_a_consent_asks_for_its_renewal_and_a_withdrawn_one_for_nothing() -> None:
    projector = ProjectorInMemory().project(envelope_of(GIVEN, version=1))
    shown = task(projector)
    assert (shown.code, shown.path, shown.open) == ("renew_consent", "/v1/consents/volunteer_consent_1", True)
    ended = GIVEN.model_dump() | {"version": 2, "state": "withdrawn", "withdrawn_at": START, "next_step": None}
    projector.project(envelope_of(VolunteerConsentWithdrawn.model_validate(ended), version=2))
    assert not task(projector).open
