"""References to a person (个人): the id under which one service knows a person. Opaque, so that events may carry it."""

from collections.abc import Mapping
from typing import Final, Literal

from shared.contracts.access import Actor, may_see
from shared.contracts.messages import Id, Message

PersonKind = Literal["volunteer", "donor", "need", "resident", "worker"]
"""`need`: the person that a need is about, known to stations by the need alone; `resident`: one whom a station has
registered; `worker`: a social worker of a station.
"""
OWNERS: Final[Mapping[PersonKind, str]] = {
    "volunteer": "volunteering", "donor": "charity", "need": "stations", "resident": "stations",
    "worker": "stations",
}  # fmt: skip
"""The service that keeps the personal data of each kind."""


def may_see_person(actor: Actor, kind: PersonKind) -> bool:
    """Return whether the actor may know that a person of that kind is known at all: residents and social workers are
    shown with a permission of their own (`PRIVATE`).
    """
    return may_see(actor, f"{OWNERS[kind]}.{kind}.")


class PersonReference(Message):
    """A person as one service knows them."""

    kind: PersonKind
    id: Id
