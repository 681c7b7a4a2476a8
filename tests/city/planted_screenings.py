"""Planted faults of screenings: a need too many, a level reminded twice, results kept without consent or too long."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final
from unittest.mock import patch

from services.stations.residents import care
from services.stations.screening import alerts as commands
from services.stations.screening import following, raising
from services.stations.screening.domain.alert import Alert, AlertReminders, dismissal_rejected
from services.stations.screening.retention import OldResults
from tests.city.planted_people import together

Plant = Callable[[], AbstractContextManager[Any]]


def open_need_for_each_alert() -> AbstractContextManager[Any]:
    """Open a need for each grave alert, also where one for the same examination is under way."""
    return patch.object(raising, "takes_alerts", lambda *_: False)


def remind_level_again() -> AbstractContextManager[Any]:
    """Remind the same level of an alert again and again."""
    first = AlertReminders.reminded

    def begin_again(self: AlertReminders, area: str, _: Any, step: Any, now: Any, **left: bool) -> Any:
        return first(self, area, None, step, now, **left)

    return patch.object(AlertReminders, "reminded", begin_again)


def begin_levels_again() -> AbstractContextManager[Any]:
    """Begin with the first level again after each dismissal that was rejected."""

    def reject(before: Alert, principal: str) -> Alert:
        return dismissal_rejected(before, principal).model_copy(update={"reminder": None})

    return patch.object(commands, "dismissal_rejected", reject)


def keep_results() -> AbstractContextManager[Any]:
    """Keep the results of those who have withdrawn the consent to be screened, and of those who are erased."""
    return together(*(patch.object(module, "remind_withdrawal", lambda *_: None) for module in (care, following)))


def keep_old_results() -> AbstractContextManager[Any]:
    """Let the retention find no result that is too old."""
    return patch.object(OldResults, "delete_batch", lambda *_: None)


OF_A_DAY: Final[tuple[tuple[str, Plant, str], ...]] = (
    ("a need for each alert", open_need_for_each_alert, "L2"),
    ("level reminded again", remind_level_again, "L2"),
    ("levels begun again", begin_levels_again, "L2"),
    ("results kept without consent", keep_results, "L5"),
)
"""The faults that a town of one day finds, each with the law that breaks then."""
