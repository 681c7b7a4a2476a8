"""What can go wrong, in words for the operator."""


class BackupFailedError(RuntimeError):
    """No backup was made, and nothing is left of the attempt; says why and what to do."""


class BadBackupError(RuntimeError):
    """The file cannot be restored: it is damaged, cut off, or of another version."""


class RestoreFailedError(RuntimeError):
    """Nothing was restored; says why and what to do."""
