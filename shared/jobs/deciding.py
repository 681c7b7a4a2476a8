"""The decision about a part of the rows of a job: commands in the name of its actor, as if each were sent alone."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, cast

from shared.contracts.messages import Command, Message
from shared.contracts.reasons import Reason, reason
from shared.contracts.refusals import Refused
from shared.engine.decide.batch import Begun, Decisions, Fetch, Outcome, begin, conclude
from shared.engine.decide.handlers import Handler, Handlers, Handling
from shared.engine.decide.incoming import Incoming
from shared.jobs.domain import Counted, Job
from shared.jobs.kinds import ImportOf, Outcomes, Reading, make_error
from shared.runtime.logging import describe, get_logger, where
from shared.runtime.vault import Vault
from shared.tables.headers import Header
from shared.tables.rows import RawRow

MOST_DECISIONS: Final = 64
"""How often a part is decided again with groups that were refused in halves."""
BEGUN_FOR: Final = timedelta(seconds=5)
"""How long the messages of a prepared part keep their time: those of a worker that was paused since are made again."""
Batch = list[tuple[Incoming[Any], Handler]]
Group = tuple[int, ...]
"""Places of rows in a part that one command is about."""


@dataclass(slots=True)
class Part:
    """A part of the rows as it is decided: the models by their place, and the problems found so far."""

    raws: Sequence[RawRow]
    models: dict[int, Message] = field(default_factory=dict)
    problems: dict[int, list[tuple[str, Reason]]] = field(default_factory=dict)
    taken: int = 0
    unchanged: int = 0
    begun: Begun | None = None
    """The first requests of the rows, until they are decided for the first time."""
    begun_at: datetime | None = None

    def take(self, now: datetime) -> tuple["Part", Begun | None]:
        """Return the part to be decided, which may be done again, and its first requests, which are answered once."""
        begun, self.begun = self.begun, None
        fresh = self.begun_at is not None and abs(now - self.begun_at) <= BEGUN_FOR
        part = Part(self.raws, dict(self.models), dict(self.problems), self.taken, self.unchanged)
        return part, begun if fresh else None

    def count(self, job_id: str) -> Counted:
        """Return the outcome of the whole part."""
        errors = [
            make_error(job_id, self.raws[place], nth, column, problem)
            for place in sorted(self.problems)
            for nth, (column, problem) in enumerate(self.problems[place])
        ]
        return Counted(len(self.raws), self.taken, self.unchanged, len(self.problems), errors)


class RowDecider:
    """Decides parts of the rows of one kind. `handlers` are those of the service, bound; `fetch` loads for them.

    With the `vault` rows are understood that name people and things otherwise than by their ids.
    """

    def __init__(self, kind: ImportOf[Any], handlers: Handlers, fetch: Fetch, vault: Vault) -> None:
        self._kind, self._handlers, self._fetch, self._vault = kind, handlers, fetch, vault

    def prepare(
        self, job: Job, raws: Sequence[RawRow], header: Header, reading: Reading, now: datetime,
        *, twice: AbstractSet[int] = frozenset(),
    ) -> Part:  # fmt: skip
        """Return the rows as they are read, with the first requests of their commands: nothing depends on the store.

        The rows with the numbers `twice` have come in the file before.
        """
        part = Part(raws)
        for place, raw in enumerate(raws):
            read = self._read(raw, header, reading)
            if raw.number in twice:
                part.problems[place] = [("", reason("row_twice"))]
            elif isinstance(read, list):
                part.problems[place] = read
            else:
                part.models[place] = read
        batch = self._finds(job, part, now) or self._commands(job, part, self._groups(part), now)
        part.begun, part.begun_at = begin(batch, now), now
        return part

    def decide(self, job: Job, prepared: Part, header: Header, now: datetime) -> tuple[Decisions | None, Counted]:
        """Return the decisions to commit, None where there are none, and the outcome of the rows.

        A command that is refused as a whole is decided again in halves, until the row at fault stands alone.
        """
        part, begun = prepared.take(now)
        if self._kind.find is not None:
            self._find(job, part, begun, header, now)
            begun = None
        groups = self._groups(part)
        for left in reversed(range(MOST_DECISIONS)):
            if not groups:
                return None, part.count(job.id)
            begun = begun or begin(self._commands(job, part, groups, now), now)
            decisions, begun = conclude(begun, self._fetch, now), None
            again = self._split(part, groups, decisions.outcomes, header, halve=left > 0)
            if again is None:
                self._conclude(part, groups, decisions.outcomes, header)
                return decisions, part.count(job.id)
            groups = again
        raise AssertionError("the last decision splits nothing")

    def _groups(self, part: Part) -> list[Group]:
        """Return the rows by the commands about them: each alone, or all of them together."""
        places = tuple(part.models)
        return [(place,) for place in places] if self._kind.alone else [places] if places else []

    def _read(self, raw: RawRow, header: Header, reading: Reading) -> Message | list[tuple[str, Reason]]:
        """Return the row as its model, or its problems: one that no reader has foreseen holds no other row up."""
        try:
            return cast("Message | list[tuple[str, Reason]]", self._kind.read(raw, header, reading))
        except Exception as failure:  # noqa: BLE001 - likewise
            get_logger().error("row_failed", error=describe(failure), where=where(failure))
            return [("", reason("row_not_decided"))]

    def _finds(self, job: Job, part: Part, now: datetime) -> Batch:
        """Return the searches for the things that the rows name otherwise than by their ids; none where none does."""
        if (find := self._kind.find) is None:
            return []

        def handle(message: Incoming[Any]) -> Handling:
            return find(message, self._vault)

        return [(_message(job, part.raws[place], model, now), handle) for place, model in part.models.items()]

    def _find(self, job: Job, part: Part, begun: Begun | None, header: Header, now: datetime) -> None:
        """Put the ids of things that the rows name otherwise into the models; a row that names none is bad."""
        places = tuple(part.models)
        found = conclude(begun or begin(self._finds(job, part, now), now), self._fetch, now)
        for place, outcome in zip(places, found.outcomes, strict=True):
            if _is_done(outcome):
                part.models[place] = cast("Message", outcome.answer)
            else:
                del part.models[place]
                self._refuse(part, place, outcome, header)

    def _commands(self, job: Job, part: Part, groups: Sequence[Group], now: datetime) -> Batch:
        batch = []
        for group in groups:
            command = self._kind.command([part.models[place] for place in group])
            handler = self._handlers.find("command", command.type)
            if handler is None:
                raise TypeError(f"{command.type} has no handler in this service")
            batch.append((_message(job, part.raws[group[0]], command, now), handler))
        return batch

    def _split(
        self, part: Part, groups: Sequence[Group], outcomes: Sequence[Outcome], header: Header, *, halve: bool
    ) -> list[Group] | None:
        """Return the groups to decide again, without rows that are refused alone; None where all are decided.

        Such a row has left no trace in the decisions: they stand without it.
        """
        again: list[Group] = []
        changed = False
        for group, outcome in zip(groups, outcomes, strict=True):
            if _is_done(outcome):
                again.append(group)
            elif len(group) == 1 or not halve:
                for place in group:
                    self._refuse(part, place, outcome, header)
            else:
                changed = True
                middle = len(group) // 2
                again += [group[:middle], group[middle:]]
        return again if changed else None

    def _refuse(self, part: Part, place: int, outcome: Outcome, header: Header) -> None:
        if outcome.failure is not None:
            get_logger().error("row_failed", error=describe(outcome.failure), where=where(outcome.failure))
        if outcome.refusal is None:
            part.problems[place] = [("", reason("row_not_decided"))]
        else:
            self._note(part, place, outcome.refusal, header)

    def _conclude(self, part: Part, groups: Sequence[Group], outcomes: Sequence[Outcome], header: Header) -> None:
        for group, outcome in zip(groups, outcomes, strict=True):
            if not _is_done(outcome):
                continue
            counted = self._kind.outcome(outcome.answer, [part.models[place] for place in group])
            if self._kind.alone and not outcome.subjects:  # nothing was written: the row was there
                counted = Outcomes(taken=0, unchanged=len(group))
            part.taken += counted.taken
            part.unchanged += counted.unchanged
            for nth, refusal in counted.refused.items():
                self._note(part, group[nth], refusal, header)

    def _note(self, part: Part, place: int, refusal: Refused, header: Header) -> None:
        if refusal.rule in self._kind.unchanged:
            part.unchanged += 1
        else:
            part.problems[place] = [self._kind.refused(refusal, header)]


def _is_done(outcome: Outcome) -> bool:
    return outcome.refusal is None and outcome.failure is None


def _message(job: Job, raw: RawRow, data: Message, now: datetime) -> Incoming[object]:
    """Return the message about a row, from the actor of the job within the area of the import: no row is elsewhere."""
    actor = job.actor.model_copy(update={"area": max(job.actor.area, job.area, key=len)})
    key = f"command:{job.id}.{raw.number}"
    named = data.type if isinstance(data, Command) else type(data).__name__
    return Incoming("command", key, key[8:], named, data, now, job.id, "", actor=actor)


Kinds = Mapping[str, ImportOf[Any]]
"""The kinds of rows that a service imports, by name."""
