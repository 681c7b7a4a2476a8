"""Backup and restore: a platform's whole state in one file, taken while it runs, put back into empty servers.

`make_backup` reads every store as it was at one moment and adds the messages that were then on their way through
RabbitMQ. `restore_backup` puts both back, so that every message reaches the services that have not handled it yet;
`restore_stack` does so into the embedded stack and checks the laws. The keys are kept in a file apart.
"""

from deploy.lianshan.backup.agency_queues import AgencyQueue, find_agency_queues
from deploy.lianshan.backup.ages import delete_backups, find_old, note_backup
from deploy.lianshan.backup.container import Reader
from deploy.lianshan.backup.dump import Backup, make_backup, save_keys
from deploy.lianshan.backup.errors import BackupFailedError, BadBackupError, RestoreFailedError
from deploy.lianshan.backup.keys import Keys, find_keys, keys_file_of
from deploy.lianshan.backup.restore import Restored, restore_backup
from deploy.lianshan.backup.stack_restore import StackRestored, check_before_start, restore_stack

__all__ = [
    "AgencyQueue",
    "Backup",
    "BackupFailedError",
    "BadBackupError",
    "Keys",
    "Reader",
    "RestoreFailedError",
    "Restored",
    "StackRestored",
    "check_before_start",
    "delete_backups",
    "find_agency_queues",
    "find_keys",
    "find_old",
    "keys_file_of",
    "make_backup",
    "note_backup",
    "restore_backup",
    "restore_stack",
    "save_keys",
]
