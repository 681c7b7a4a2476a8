"""Bodies of screening: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from ..answers.screening import ResultCorrection

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class MeasuredValue(TypedDict):
    """A value of one indicator: a number in its smallest step, or an answer."""

    indicator: str
    measured: NotRequired[int | None]
    chosen: NotRequired[str | None]


class ResultCorrectionIn(TypedDict):
    """The value that stands from now on, and why it is another one."""

    measured: NotRequired[int | None]
    chosen: NotRequired[str | None]
    sex: NotRequired[Sex | None]
    correction: ResultCorrection


class ResultsIn(TypedDict):
    """The values of one resident, each of another indicator of the screening."""

    resident_id: str
    sex: NotRequired[Sex | None]
    measured_at: NotRequired[str | None]
    results: list[MeasuredValue]


Sex = Literal["female", "male"]
