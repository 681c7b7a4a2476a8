"""External ids (外部编号): a caller's own name for a thing that it creates, unique by principal and kind.

It may say something about a person, so it is stored as a keyed hash and sealed, and is in no event.
"""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from typing import ClassVar, Protocol

from shared.contracts.refusals import Refused
from shared.engine.decide.entity import Entity, fields_of
from shared.engine.decide.loads import Get
from shared.engine.decide.schema import Document
from shared.engine.decide.unit_of_work import UnitOfWork


class Namer(Protocol):
    """The part of the vault that hides a name: `seal` to show it again, `blind` to find it."""

    def seal(self, text: str, *place: str) -> str:
        """Return the text, readable only with the service's key and at that place."""

    def blind(self, text: str) -> str:
        """Return the keyed hash of the text."""


class NameSealer(Protocol):
    """Seals a name that is shown again."""

    def seal(self, text: str, *place: str) -> str:
        """Return the text, readable only with the key, and at that place."""


class ExternalId(Entity):
    """The name that a principal has given to a thing; its own id is the keyed hash of principal, kind and name."""

    collection: ClassVar[str] = "external_ids"
    principal: str
    kind: str
    about: str
    sealed: str

    def stored_fields(self, only: AbstractSet[str] | None) -> Document:
        """Return its fields as they are: MongoDB stores texts without a conversion."""
        return fields_of(self, only)


Named = Sequence[Get[ExternalId]]
"""The result of `name_load`."""


def name_key(vault: Namer, principal: str, kind: str, external_id: str) -> str:
    """Return the id under which the name is kept. Its parts have no line break, so that they cannot run together."""
    return vault.blind(f"{principal}\n{kind}\n{external_id}")


def name_place(key: str) -> tuple[str, str, str]:
    """Return the place that a name is sealed for."""
    return ExternalId.collection, key, "sealed"


def name_load(vault: Namer, principal: str, kind: str, external_id: str | None) -> list[Get[ExternalId]]:
    """Return the load that `keep_name` needs; none where the caller gives no name."""
    return [] if external_id is None else [Get(ExternalId, name_key(vault, principal, kind, external_id))]


def refuse_known_name(work: UnitOfWork, vault: Namer, kind: str, external_id: str | None, named: Named = ()) -> None:
    """Raise Refused("conflict", rule "external_id_taken") for a name that the principal has given before.

    `keep_name` does so, too; call this one before rules about the thing itself, which the thing made the first time
    would break: a retry, or a second import, then finds that thing. Needs `name_load`; with `named`, its result, the
    name is not hashed again.
    """
    if external_id is None:
        return
    _refuse_taken(work, _key_of(work, vault, kind, external_id, named), kind)


def keep_name(
    work: UnitOfWork, vault: Namer, kind: str, about: str, external_id: str | None,
    *, find_sealer: Callable[[], NameSealer] | None = None, named: Named = (),
) -> None:  # fmt: skip
    """Keep the caller's own name for the new thing `about`; does nothing where the caller gives none.

    It is sealed by the sealer that `find_sealer` returns, else by the vault. The name of a person has the person's own,
    see `shared.people.names`. With `named`, the result of `name_load`, the name is not hashed again.

    Call it before the first other put, where one of several commands may be refused alone. Raises Refused("conflict",
    rule "external_id_taken") with the id of the thing that the principal has named so before: a retry under another
    Idempotency-Key then finds the thing that it made the first time.
    """
    if external_id is None:
        return
    principal = work.message.actor.principal
    key = _key_of(work, vault, kind, external_id, named)
    _refuse_taken(work, key, kind)
    sealer = vault if find_sealer is None else find_sealer()
    sealed = sealer.seal(external_id, *name_place(key))
    work.put(ExternalId(id=key, principal=principal, kind=kind, about=about, sealed=sealed))


def _key_of(work: UnitOfWork, vault: Namer, kind: str, external_id: str, named: Named) -> str:
    return named[0].id if named else name_key(vault, work.message.actor.principal, kind, external_id)


def _refuse_taken(work: UnitOfWork, key: str, kind: str) -> None:
    known = work.get(ExternalId, key)
    if known is not None:
        raise Refused("conflict", "external_id_taken", field="external_id", id=known.about, kind=kind)
