"""The journal of erasures for the operator: its copies, its file, and the replay after a restore."""

from deploy.lianshan.erasures.copies import (
    Journal,
    JournalFailedError,
    check_journal,
    collect,
    read_copy,
    read_file,
    read_stores,
    write_copy,
    write_file,
)
from deploy.lianshan.erasures.replay import replay_erasures

__all__ = [
    "Journal",
    "JournalFailedError",
    "check_journal",
    "collect",
    "read_copy",
    "read_file",
    "read_stores",
    "replay_erasures",
    "write_copy",
    "write_file",
]
