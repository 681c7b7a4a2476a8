"""The stored form of a collection's documents: its version, and how a document of an older form becomes one of today's.

A form changes in small steps while services run. A document bears the version of its form (`schema`; none is 1), so
that old and new ones lie side by side: a reader upgrades an old one as it reads it, `lianshan migrate` the rest.
See docs/changing-contracts-and-stores.md.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

STAMP: Final = "schema"
"""The field of a document that holds the version of its form, from version 2 on; no entity may have one so named."""
FIRST: Final = 1

Document = dict[str, Any]
Change = Callable[[Document], Document]
"""Pure. Gets a copy of a document in the form before, gives it in the next form; `_id` and `version` stay."""


class StoredFormError(RuntimeError):
    """A document that this version of the code has no way to read; its words never hold what is in it."""


@dataclass(frozen=True)
class Step:
    """From one version of a form to the next.

    `change` may meet a document again that an older replica has rewritten meanwhile: it makes the new form out of
    the old one alone, every time. None where only indexes change. `drops` names indexes that nobody wants any more
    once the step is done everywhere. `readable_from` is the oldest version whose code can work with the new form.
    """

    why: str
    change: Change | None = None
    drops: tuple[str, ...] = ()
    readable_from: int = FIRST


@dataclass(frozen=True)
class Schema:
    """A collection's form today, as the steps that led to it.

    `oldest` is the version that the first step begins at: raise it and remove steps once every store has taken them.
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
        """The oldest version of the code that can work with what this one writes."""
        return max([self.oldest, *(step.readable_from for step in self.steps)])

    @cached_property
    def stamp(self) -> int | None:
        """What a document of today's form bears."""
        return None if self.version == FIRST else self.version

    @property
    def numbered(self) -> list[tuple[int, Step]]:
        """Each step with the version that it leads to."""
        return list(enumerate(self.steps, self.oldest + 1))

    @cached_property
    def rewritten(self) -> int:
        """The last version that changed documents; those of this version or a later one are as they shall be."""
        changed = [number for number, step in self.numbered if step.change is not None]
        return max(changed, default=self.oldest)

    @property
    def drops(self) -> frozenset[str]:
        """Every index that a step has made superfluous."""
        return frozenset(name for step in self.steps for name in step.drops)

    def upgraded(self, document: Document) -> Document:
        """The document in today's form; itself where it has that, or a newer one that this code can read."""
        stored = document.get(STAMP, FIRST)
        if stored >= self.version:
            return document
        if stored < self.oldest:
            raise StoredFormError(f"a document is of version {stored}, which this code cannot read any more")
        for step in self.steps[stored - self.oldest :]:
            if step.change is not None:
                document = step.change(dict(document))
        return self.stamped(document)

    def stamped(self, document: Document) -> Document:
        """The document as it is stored: with the version of its form, unless that is the first."""
        return document if self.version == FIRST else {**document, STAMP: self.version}


UNCHANGED: Final = Schema()
"""The form of a collection that has never changed."""
