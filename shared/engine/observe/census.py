"""Censuses: lists of a service that are counted from time to time and shown as gauges."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from pymongo.database import Database

from shared.engine.decide.schema import Document


@dataclass(frozen=True)
class Census:
    """A list that is counted from time to time: the name and documentation of its gauge, and the query.

    `count` takes the database and the time (UTC) and returns a number for each value of `label`; a value that is no
    longer returned is shown as 0. Without a label it returns one number under the empty string. It bounds its own cost
    (a limit on the count, `maxTimeMS`), as `shared.engine.store.timers` does.
    """

    name: str
    documentation: str
    count: Callable[[Database[Document], datetime], Mapping[str, float]]
    label: str = ""
