"""The stored form of charity's audit: its rows once had other fields than those of the other services."""

from typing import Final

from shared.engine import Schema, Step
from shared.engine.decide.schema import Document


def _rename_fields(row: Document) -> Document:
    if "read" not in row:
        return row  # the operator's command once wrote rows of today's fields without the version
    row["about"], row["what"], row["at"] = [row.pop("what")], row.pop("read"), row.pop("when")
    return row


AUDIT_SCHEMA: Final = Schema(
    steps=(
        Step(
            "audit rows have the fields that stations and volunteering give theirs: about, what, at",
            change=_rename_fields,
            drops=("what",),
        ),
    )
)
