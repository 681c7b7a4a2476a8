"""The stored form of a collection's documents: its version, and the steps that lead from an older form to today's.

A form changes in small steps while services run (expand, migrate, contract). A document carries the version of its form
in the field `schema`; a document without that field is of version 1. Old and new documents lie side by side: a reader
upgrades an old document as it reads it, and `lianshan migrate` rewrites the rest. See
docs/changing-contracts-and-stores.md.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

STAMP: Final = "schema"
"""The field of a document that holds the version of its form, from version 2 on. No entity may have such a field."""
FIRST: Final = 1
"""The version of a collection whose form has never changed."""

Document = dict[str, Any]
"""A MongoDB document as PyMongo reads and writes it."""
Change = Callable[[Document], Document]
"""A pure function: takes a copy of a document in the earlier form and returns it in the next one; `_id` and `version`
must stay as they are.
"""


class StoredFormError(RuntimeError):
    """A document is of a form that this code cannot read. Its text holds nothing of it but collection and id."""


@dataclass(frozen=True)
class Step:
    """One change of a stored form.

    `why` is a line for the operator who runs the migration. `change` may meet the same document more than once, because
    an older replica may have rewritten it in the meantime: it must build the new form from the old fields alone, every
    time. It is None where only indexes change. `drops` names the indexes that are superfluous once the step is done
    everywhere. `readable_from` is the oldest version whose code can work with the new form.
    """

    why: str
    change: Change | None = None
    drops: tuple[str, ...] = ()
    readable_from: int = FIRST


@dataclass(frozen=True)
class Schema:
    """Today's form of a collection, as the steps that led to it.

    `oldest` is the version that the first step starts from: once every store has taken a step, remove the step and
    raise `oldest` by one. Raises ValueError where a step is readable only from a version later than its own.
    """

    steps: tuple[Step, ...] = ()
    oldest: int = FIRST

    def __post_init__(self) -> None:
        for number, step in self.numbered:
            if step.readable_from > number:
                raise ValueError(f"the step to version {number} cannot be readable from {step.readable_from} on only")

    @cached_property
    def version(self) -> int:
        """The version that this code writes."""
        return self.oldest + len(self.steps)

    @cached_property
    def min_reader(self) -> int:
        """The oldest version whose code can work with the documents that this code writes."""
        return max([self.oldest, *(step.readable_from for step in self.steps)])

    @cached_property
    def stamp(self) -> int | None:
        """The value of the field `schema` in a document of today's form; None where the field is absent (version 1)."""
        return None if self.version == FIRST else self.version

    @property
    def numbered(self) -> list[tuple[int, Step]]:
        """Each step with the version that it leads to."""
        return list(enumerate(self.steps, self.oldest + 1))

    @cached_property
    def rewritten(self) -> int:
        """The last version that changed documents; a document of this or a later version needs no migration."""
        # A step that only changes indexes leaves documents as they are.
        changed = [number for number, step in self.numbered if step.change is not None]
        return max(changed, default=self.oldest)

    @property
    def drops(self) -> frozenset[str]:
        """The names of all indexes that a step has made superfluous."""
        return frozenset(name for step in self.steps for name in step.drops)

    def upgraded(self, document: Document) -> Document:
        """Return the document in today's form.

        A document of today's or of a newer form is returned unchanged: a newer release whose form this code could not
        read would have kept this process from starting (see `shared.engine.store.schema_registry`). Raises
        StoredFormError for a document that is older than `oldest`.
        """
        stored = document.get(STAMP, FIRST)
        if stored >= self.version:
            return document
        if stored < self.oldest:
            raise StoredFormError(f"a document is of version {stored}, which this code cannot read any more")
        for step in self.steps[stored - self.oldest :]:
            if step.change is not None:
                document = step.change(dict(document))  # a copy: the caller keeps the document as it was read
        return self.stamped(document)

    def stamped(self, document: Document) -> Document:
        """Return the document with the version of its form added, as it is stored; version 1 adds nothing."""
        return document if self.version == FIRST else {**document, STAMP: self.version}


UNCHANGED: Final = Schema()
"""The form of a collection that has never changed."""
