"""The journal of erasures: a change, a gap and a fork are found; of two copies the longer one counts."""

import pytest

from shared.contracts.persons import PersonReference
from shared.people.journal import FIRST, ContradictionError, Head, JournalEntry, check_chain, contains, head_of, join


def journal(*names: str) -> list[JournalEntry]:
    entries: list[JournalEntry] = []
    for number, name in enumerate(names, 1):
        before = entries[-1].hash if entries else FIRST
        people = (PersonReference(kind="donor", id=name),)
        entry = JournalEntry(
            number=number, erasure_id=f"erasure_{name}", people=people, ground="purpose_ended", area="110102", reach="",
            at="2026-03-02T01:00:00+00:00", before=before,
        )  # fmt: skip
        entries.append(entry.sealed())
    return entries


def test_a_whole_journal_is_one_chain() -> None:
    check_chain(journal("a", "b", "c"))
    check_chain([])


def test_an_entry_that_was_changed_taken_out_or_put_elsewhere_is_found() -> None:
    entries = journal("a", "b", "c")
    other = (PersonReference(kind="donor", id="somebody"),)
    changed = [entries[0], entries[1].model_copy(update={"people": other}), entries[2]]
    for broken in (changed, [entries[0], entries[2]], [entries[1], entries[0], entries[2]], entries[1:]):
        with pytest.raises(ContradictionError):
            check_chain(broken)


def test_of_two_copies_the_longer_one_counts_where_it_continues_the_other() -> None:
    long, short = journal("a", "b", "c"), journal("a", "b")
    assert join(long, short) == join(short, long) == long
    with pytest.raises(ContradictionError):
        join(long, journal("a", "x"))


def test_a_journal_contains_the_head_of_each_of_its_beginnings() -> None:
    entries = journal("a", "b", "c")
    assert contains(entries, Head())
    assert contains(entries, head_of(entries[:2]))
    assert not contains(entries[:1], head_of(entries))
    assert not contains(entries, head_of(journal("a", "x")))
