"""Checks about people's data: the copy of the journal of erasures, and backups that are too old."""

from collections.abc import Iterator
from typing import Final

from deploy.lianshan.backup import find_old
from deploy.lianshan.doctor.finding import Finding, Platform
from deploy.lianshan.erasures import JournalFailedError, read_copy, read_stores
from shared.contracts.reasons import reason
from shared.contracts.refusals import MAX_ARG_CHARACTERS
from shared.runtime.clock import machine_now

JOURNAL: Final = "erasures"
BACKUPS: Final = "backups"
MOST_NAMED: Final = 10


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
