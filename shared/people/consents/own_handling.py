"""Handling of a person's data by the platform itself that rests on consent, as the owner of the data declares it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from shared.contracts.consents import ConsentPurpose, ConsentScope, GiveConsent
from shared.contracts.refusals import Refused
from shared.engine import Loading, UnitOfWork

OWN_PURPOSES: Final[frozenset[ConsentPurpose]] = frozenset({"volunteer_matching"})
"""The purposes of the platform's own handling that a consent opens, for no recipient."""


@dataclass(frozen=True)
class OwnHandling:
    """Handling by the platform itself that rests on consent (art. 13, 1), and ends with it.

    A consent to it is for all of `scopes` together. `load` loads the entities that `apply` reads and changes, for a
    person's id; `apply` continues or ends the handling, as consents hold by now. `ids` are all ids of the person, which
    need the same loads.
    """

    purpose: ConsentPurpose
    scopes: frozenset[ConsentScope]
    load: Callable[[str], Loading]
    apply: Callable[[UnitOfWork, str], None]
    ids: Callable[[UnitOfWork, str], Sequence[str]]


def require_own(asked: GiveConsent, own: OwnHandling | None) -> None:
    """Raise Refused("invalid") for a purpose of the platform's own that is not this handling, all of it and alone."""
    if asked.purpose not in OWN_PURPOSES:
        return
    if own is None or own.purpose != asked.purpose:
        raise Refused("invalid", "purpose_not_here", field="purpose", purpose=asked.purpose)
    if asked.recipient is not None:
        raise Refused("invalid", "own_handling_alone", field="recipient", purpose=asked.purpose)
    if set(asked.scopes) != own.scopes:
        scopes = ",".join(sorted(own.scopes))
        raise Refused("invalid", "scopes_go_together", field="scopes", purpose=asked.purpose, scopes=scopes)
