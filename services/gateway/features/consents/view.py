"""Consents as lists show them: codes and ids, nothing about the person."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from services.gateway.projection.feature import Task, TaskTable
from services.gateway.projection.plain import PlainView, keep_views
from shared.contracts.access import Actor, may_see
from shared.contracts.charity.consents import (
    DonorConsentExpired,
    DonorConsentGiven,
    DonorConsentRenewed,
    DonorConsentWithdrawn,
)
from shared.contracts.stations.consents import (
    NeedConsentExpired,
    NeedConsentGiven,
    NeedConsentRenewed,
    NeedConsentWithdrawn,
    ResidentConsentExpired,
    ResidentConsentGiven,
    ResidentConsentMoved,
    ResidentConsentRenewed,
    ResidentConsentWithdrawn,
)
from shared.contracts.volunteering.consents import (
    VolunteerConsentExpired,
    VolunteerConsentGiven,
    VolunteerConsentRenewed,
    VolunteerConsentWithdrawn,
)
from shared.engine import Incoming
from shared.engine.decide.schema import Document

PATH: Final = "consents"
NOUN: Final = "consent"
OF_RESIDENTS: Final = (
    ResidentConsentGiven, ResidentConsentRenewed, ResidentConsentWithdrawn, ResidentConsentExpired,
    ResidentConsentMoved,
)  # fmt: skip
"""The events that `residents:read` alone shows: that somebody consents shows that a station cares for them."""
RESIDENT_NOUN: Final = "resident_consent"
EVENTS: Final = (
    VolunteerConsentGiven, VolunteerConsentRenewed, VolunteerConsentWithdrawn, VolunteerConsentExpired,
    DonorConsentGiven, DonorConsentRenewed, DonorConsentWithdrawn, DonorConsentExpired,
    NeedConsentGiven, NeedConsentRenewed, NeedConsentWithdrawn, NeedConsentExpired, *OF_RESIDENTS,
)  # fmt: skip
FILTERS: Final = ("person_id", "recipient", "state")
KEPT: Final = keep_views(PATH, NOUN, EVENTS, FILTERS)


def visible_to(caller: Actor) -> Document:
    """Return the rule for the consents that the caller may see, empty for all.

    Without the permission that shows residents, those of residents are left out that name another recipient.
    """
    if may_see(caller, ResidentConsentGiven.type):
        return {}
    return {"$or": [{"shape.person_kind": {"$ne": "resident"}}, {"shape.recipient": caller.principal}]}


def is_visible(view: PlainView, caller: Actor) -> bool:
    """Return whether the caller may see the consent, by the rule of `visible_to`."""
    return (
        view.shape["person_kind"] != "resident"
        or view.shape["recipient"] == caller.principal
        or may_see(caller, ResidentConsentGiven.type)
    )


def _find_resident_tasks(message: Incoming[Any]) -> Sequence[Task]:
    """Return the next step of a resident's consent, under the word by which it is kept from others."""
    return [replace(task, kind=RESIDENT_NOUN) for task in KEPT.tasks[type(message.data)](message)]


TASKS: Final[TaskTable] = {**KEPT.tasks, **dict.fromkeys(OF_RESIDENTS, _find_resident_tasks)}
