"""Checks about people's data: deadlines of the law, the copy of the journal of erasures, backups that are too old."""

from collections.abc import Iterator, Mapping
from typing import Final

from deploy.lianshan.backup import find_old
from deploy.lianshan.declarations import DECLARATIONS
from deploy.lianshan.doctor.finding import Finding, Platform
from deploy.lianshan.erasures import JournalFailedError, read_copy, read_stores
from shared.contracts.reasons import reason
from shared.contracts.refusals import MAX_ARG_CHARACTERS
from shared.runtime.clock import machine_now

DEADLINES: Final = "deadlines"
OWNER: Final = "stations"
DUTIES: Final[Mapping[str, str]] = {
    "breaches": "docs/runbook/breach-deadline.md",
    "erasures": "docs/runbook/erasure-deadline.md",
}
"""The things with deadlines of the law, by the names of their censuses, and the page of each."""
JOURNAL: Final = "erasures"
BACKUPS: Final = "backups"
MOST_NAMED: Final = 10


def check_deadlines(platform: Platform) -> Iterator[Finding]:
    """Yield the steps of breaches and erasures that are overdue, or due soon, as the metrics count them."""
    store, now = platform.store(OWNER), platform.clock.city()
    censuses = {census.name: census for part in DECLARATIONS[OWNER].capabilities for census in part.censuses}
    found = []
    for thing, page in DUTIES.items():
        due = censuses[f"lianshan_{thing}_due"].count(store, now)
        late = censuses[f"lianshan_{thing}_overdue"].count(store, now)
        found += list(judge_deadlines(thing, due, late, page))
    yield from found or [Finding(DEADLINES, "ok", reason("deadlines_kept"))]


def judge_deadlines(thing: str, due: Mapping[str, float], late: Mapping[str, float], page: str) -> Iterator[Finding]:
    """Yield for each next step of things of one kind how many are overdue, and how many are due soon."""
    for step, count in due.items():
        overdue = int(late.get(step, 0))
        todo = reason("see_deadline", step=step, page=page)
        if overdue:
            yield Finding(DEADLINES, "failed", reason("deadline_passed", thing=thing, step=step, count=overdue), todo)
        if soon := int(count) - overdue:
            yield Finding(DEADLINES, "warning", reason("deadline_near", thing=thing, step=step, count=soon), todo)


def check_journal(platform: Platform) -> Iterator[Finding]:
    """Yield whether the database of the journal has every erasure of stations."""
    try:
        whole, copy = read_stores(platform.stores), read_copy(platform.stores)
    except JournalFailedError as error:
        damaged = reason("journal_damaged", error=str(error)[:MAX_ARG_CHARACTERS])
        yield Finding(JOURNAL, "failed", damaged, reason("keep_journals"))
        return
    if missing := len(whole) - len(copy):
        # A new entry is copied within seconds.
        yield Finding(JOURNAL, "warning", reason("journal_behind", count=missing), reason("grant_journal"))
    else:
        yield Finding(JOURNAL, "ok", reason("journal_copied", count=len(whole)))


def check_backups(platform: Platform) -> Iterator[Finding]:
    """Yield the backups in the list of the data folder that are older than LIANSHAN_BACKUP_DAYS."""
    old = find_old(platform.folder, None, machine_now(), platform.backup_days)
    for path in old[:MOST_NAMED]:
        yield Finding(
            BACKUPS,
            "warning",
            reason("backup_too_old", file=str(path), days=platform.backup_days),
            reason("prune_backups"),
        )
    if not old:
        yield Finding(BACKUPS, "ok", reason("backups_young", days=platform.backup_days))
