"""Lists that a service has counted from time to time, as gauges."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo.database import Database


@dataclass(frozen=True)
class Census:
    """A list of the service that is counted from time to time: a gauge and the query for it.

    `count` gives a number for each value of `label`; a value that it no longer names is shown as 0. Without a label it
    gives the one number under the empty string. It bounds its own cost, see `shared.engine.store.timers`.
    """

    name: str
    documentation: str
    count: Callable[[Database[Any], datetime], Mapping[str, float]]
    label: str = ""
