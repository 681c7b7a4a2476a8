"""The parameters of reports: area, period, theme."""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import Depends, Query
from pydantic import BaseModel

from services.gateway.backend import Backend, TheBackend
from services.gateway.features.reports.answer import Scope
from services.gateway.features.reports.periods import FIRST_YEAR, PERIOD_PATTERN, Period, month_of, read_period
from services.gateway.http.authentication import needs
from services.gateway.http.documented import may_answer
from services.gateway.http.parameters import InArea
from services.gateway.http.problems import Problem
from services.gateway.reading.areas import bounded_area
from shared.contracts.access import Actor
from shared.contracts.access.permissions import Permission
from shared.contracts.messages import Code

BESIDE: Final[Mapping[str, Permission]] = {"supervision": "supervision:read", "screenings": "screening:read"}
"""The permission that a report needs beside `reports:read`, where it has one."""
ReportReader = Annotated[Actor, Depends(needs("reports:read"))]
PeriodName = Annotated[
    str | None,
    Query(
        pattern=PERIOD_PATTERN,
        description="`2026`, `2026-Q4`, `2026-11`, `2026-W45`, `2026-11-03`; the month of today where it is left out.",
    ),
]
ThemeName = Annotated[Code | None, Query(description="The code of a theme: its needs alone.")]


class Place(BaseModel):
    """The area and the period of a report, within the reach of the caller."""

    area: str
    period: Period

    def scope(self, theme: str | None = None) -> Scope:
        """Return them as an answer shows them."""
        return Scope.of(self.area, self.period, theme)


def find_place(caller: Actor, backend: Backend, area: str | None, period: str | None) -> Place:
    """Return the area and the period asked for; where they are left out, the caller's own area and this month.

    Raises Problem: 403 for an area beyond the caller's own, 422 where the calendar has no such period.
    """
    reached = bounded_area(caller, area, permission="reports:read")
    try:
        found = read_period(period or month_of(backend.clock.city()))
    except ValueError:
        raise Problem(422, "invalid", "not_a_period", field="period") from None
    if found.first.year < FIRST_YEAR:
        raise Problem(422, "invalid", "not_a_period", field="period")
    return Place(area=reached, period=found)


# A coroutine although it waits for nothing: FastAPI would run a plain function in a thread.
@may_answer(403, 422)
async def _place(caller: ReportReader, backend: TheBackend, area: InArea = None, period: PeriodName = None) -> Place:
    return find_place(caller, backend, area, period)


ThePlace = Annotated[Place, Depends(_place)]
