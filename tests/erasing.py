"""Events and failed commands for the tests of erasures."""

from datetime import timedelta
from typing import Any

from pydantic_core import to_json

from shared.contracts.envelope import CloudEvent, to_cloud_event
from shared.contracts.erasure_parts import ErasureOutcome
from shared.contracts.messages import Command
from shared.contracts.stations.erasures import ErasureRequested
from shared.engine.amqp.letter_content import Content, seal_content
from shared.engine.decide.memory import START, MemoryEngine
from shared.people.failed_commands import FailedCommand
from shared.runtime.vault import Vault


def erasure_of(*people: tuple[str, str], erasure_id: str = "erasure_1", reach: str = "") -> CloudEvent:
    """The event of stations that asks every service to erase these persons, each a kind and an id."""
    data = ErasureRequested.model_validate(
        {
            "id": erasure_id, "version": 1, "area": "110102009", "ground": "consent_withdrawn", "reach": reach,
            "state": "under_way", "people": [ErasureOutcome(kind=kind, id=who) for kind, who in people],
            "requested_at": START, "due": START + timedelta(days=15),
        }
    )  # fmt: skip
    return to_cloud_event(
        data, subject=erasure_id, version=1, nth=0, time=START, area=data.area, correlation="c", causation="c",
        traceparent="",
    )  # fmt: skip


def fail(engine: MemoryEngine, vault: Vault, number: int, command: Command) -> str:
    """Keep a dead letter of the command; gives its id."""
    letter_id = f"{command.to}.commands/{command.type}-{number:04d}"
    sealed = seal_content(Content(to_json(command), {"type": command.type}), vault, letter_id)
    letter = FailedCommand(id=letter_id, kind="command", sealed=sealed, dead=START)
    engine.entities[FailedCommand, letter_id] = letter
    return letter_id


def letters(engine: MemoryEngine) -> list[str]:
    """The ids of the failed commands that are kept."""
    return [letter.id for letter in engine.all(FailedCommand)]


def counts(outcome: ErasureOutcome) -> dict[str, int]:
    """The numbers of deleted things, by category."""
    return {one.category: one.count for one in outcome.erased}


def outcomes(engine: MemoryEngine, kind: Any) -> list[ErasureOutcome]:
    """The outcomes that the service has answered, in order."""
    return [answer.outcome for answer in engine.emitted(kind)]
