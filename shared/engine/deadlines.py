"""The deadlines of plain aggregates, counted for the metrics and the doctor: steps that are due soon, and overdue."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from pymongo.database import Database

from shared.engine.decide.schema import Document
from shared.engine.observe.census import Census
from shared.engine.plain import Plain

MOST_OPEN: Final = 1_000
"""Open aggregates that one count looks at, the oldest first."""
MAX_MILLIS: Final = 5_000
OVERDUE: Final = "overdue"


@dataclass(frozen=True)
class Deadlines:
    """The deadlines of one kind of plain aggregate.

    `path` is its plural noun, `open` the rule for those that have not ended, `ahead` how long before its deadline each
    step counts as due, by the code of the step.
    """

    plain: Plain[Any]
    path: str
    open: Document
    ahead: Mapping[str, timedelta]

    def censuses(self) -> tuple[Census, Census]:
        """Return the censuses `lianshan_<path>_due` and `lianshan_<path>_overdue`, by the code of the step."""
        due = f"Open {self.path} whose next step is due soon or overdue, by the step."
        late = f"Open {self.path} whose next step is overdue, by the step."
        return (
            Census(f"lianshan_{self.path}_due", due, self.count_due, "step"),
            Census(f"lianshan_{self.path}_{OVERDUE}", late, partial(self.count_due, ahead={}), "step"),
        )

    def count_due(
        self, store: Database[Document], now: datetime, ahead: Mapping[str, timedelta] | None = None
    ) -> dict[str, float]:
        """Return how many next steps are due at `now` (UTC), by their code; 0 for a step of `ahead` without any."""
        margins = self.ahead if ahead is None else ahead
        found = dict.fromkeys(self.ahead, 0.0)
        rows = store[self.plain.model.collection].find(self.open).sort("_id", 1).limit(MOST_OPEN)
        for row in rows.max_time_ms(MAX_MILLIS):
            step = self.plain.next_step(self.plain.model.from_document(row))
            if step is not None and step.due is not None and step.due - margins.get(step.code, timedelta()) <= now:
                found[step.code] = found.get(step.code, 0.0) + 1
        return found
