"""The errors of backup and restore, in words for the operator."""


class BackupFailedError(RuntimeError):
    """No backup was made, and nothing is left of the attempt; the message names the reason and the next step."""


class BadBackupError(RuntimeError):
    """The file cannot be restored: it is damaged, cut off, or of another version."""


class RestoreFailedError(RuntimeError):
    """Nothing was restored; the message names the reason and the next step."""
