"""A journal of erasures, as stations writes it."""

from shared.contracts.persons import PersonReference
from shared.people.journal import FIRST, JournalEntry


def journal(*names: str) -> list[JournalEntry]:
    entries: list[JournalEntry] = []
    for number, name in enumerate(names, 1):
        entry = JournalEntry(
            number=number, erasure_id=f"erasure_{name}", people=(PersonReference(kind="need", id=name),),
            ground="purpose_ended", area="110102", reach="", at="2026-03-02T01:00:00+00:00",
            before=entries[-1].hash if entries else FIRST,
        )  # fmt: skip
        entries.append(entry.sealed())
    return entries
