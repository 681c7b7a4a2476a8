"""A service gives each principal one opaque reference, to be compared by other services."""

from typing import ClassVar

from pydantic import TypeAdapter

from shared.contracts.access import Actor, Reference
from shared.contracts.access.permissions import Permission
from shared.contracts.messages import Command, Scope
from shared.engine import TURN, Handlers, Handling, Incoming
from shared.engine.decide.actor_references import ActorReference, Blinder, refer, reference_load
from shared.engine.decide.memory import MemoryEngine
from shared.runtime.vault import Vault

KEY = Actor(kind="key", id="key_1", roles=("administrator",), on_behalf_of="principal_1")
ROTATED = KEY.model_copy(update={"id": "key_2"})
PERSON = Actor(kind="person", id="person_1", roles=("administrator",))
VALID: TypeAdapter[str] = TypeAdapter(Reference)


class Sign(Command):
    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "Sign"
    permission: ClassVar[Permission] = "needs:confirm"
    scope: ClassVar[Scope] = Scope()


def engine(vault: Blinder) -> MemoryEngine:
    def sign(message: Incoming[Sign]) -> Handling:
        yield [reference_load(message.actor)]
        return refer((yield TURN), vault)

    return MemoryEngine(Handlers("stations", {Sign: sign}))


def test_all_keys_of_a_principal_have_one_reference_and_others_another() -> None:
    service = engine(Vault(bytes(32)))
    mine, rotated, person = (str(service.command(Sign(), actor=actor)) for actor in (KEY, ROTATED, PERSON))
    assert mine == rotated != person
    assert VALID.validate_python(mine).startswith("actor.stations.")
    kept = {row.id: (row.reference, row.kind, row.version) for row in service.all(ActorReference)}
    assert kept == {"principal_1": (mine, "key", 1), "person_1": (person, "person", 1)}


def test_a_reference_cannot_be_found_by_trying_principals() -> None:
    """Two stores of one data key give one principal different references: nothing is derived from it."""
    vault = Vault(bytes(32))
    first, second = engine(vault), engine(vault)
    assert first.command(Sign(), key="a", actor=KEY) != second.command(Sign(), key="b", actor=KEY)


def test_a_message_that_is_handled_again_draws_the_same_reference() -> None:
    vault = Vault(bytes(32))
    assert engine(vault).command(Sign(), key="a", actor=KEY) == engine(vault).command(Sign(), key="a", actor=KEY)
    assert engine(vault).command(Sign(), key="a") != engine(Vault(bytes([1] * 32))).command(Sign(), key="a")


def test_two_first_acts_of_one_principal_in_a_batch_have_one_reference() -> None:
    service = engine(Vault(bytes(32)))
    batch = [service.incoming("command", Sign(), "Sign", key, actor=KEY) for key in ("a", "b")]
    first, second = service.batch(batch)
    assert (first.answer, first.failure, second.failure) == (second.answer, None, None)
