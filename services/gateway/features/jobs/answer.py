"""The answers about the errors of the rows of a job."""

from collections.abc import Sequence
from typing import Final

from pydantic import Field

from services.gateway.http.answers import Answer
from services.gateway.http.language import words
from services.gateway.http.worded import ReasonAnswer
from shared.contracts.jobs import RowError
from shared.tables.written import write_csv

COLUMNS: Final = ("row", "sheet", "column", "code", "text")


class RowErrorAnswer(Answer):
    """One error of one row; the value of the cell is not kept."""

    row: int = Field(description="The number of the row as a spreadsheet shows it: the first row is 1.")
    sheet: str = Field(description="The sheet of a workbook; empty otherwise.")
    column: str = Field(description="The header of the column; empty where the whole row is at fault.")
    problem: ReasonAnswer = Field(description="The rule that the row breaks.")


def row_error_from_owner(error: RowError) -> RowErrorAnswer:
    """Return the answer about an error as its owner keeps it."""
    problem = ReasonAnswer(code=error.problem.code, args=_args(error))
    return RowErrorAnswer(row=error.row, sheet=error.sheet, column=error.column, problem=problem)


def write_errors(errors: Sequence[RowError], *, head: bool) -> str:
    """Return the errors as CSV, in the language of the request; with `head` the header first."""
    rows = [
        [str(one.row), one.sheet, one.column, one.problem.code, words().sentence(one.problem.code, _args(one))]
        for one in errors
    ]
    return write_csv([[words().term("error_column", name) for name in COLUMNS], *rows] if head else rows)


def _args(error: RowError) -> dict[str, str | int]:
    """Return the values of the sentence; the field at fault is the column, as the header of the file names it."""
    return {"field": error.column, **error.problem.args} if error.column else dict(error.problem.args)
