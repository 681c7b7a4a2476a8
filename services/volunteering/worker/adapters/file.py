"""The file for development: each message is one line of JSON, readable by the owner of the file alone."""

import json
import os
from pathlib import Path
from threading import Lock
from typing import Final

from services.volunteering.notices.domain.sending import Accepted, NotAccepted
from services.volunteering.worker.adapters.message import Message
from shared.contracts.reasons import reason
from shared.runtime.logging import describe, get_logger

OWNER_ALONE: Final = 0o600
OTHERS: Final = 0o077
MOST_BYTES: Final = 64 * 1024**2
"""A larger file takes nothing more: it is for development, and nobody empties it."""


class FileAdapter:
    """Appends messages to a file, which it makes where there is none."""

    def __init__(self, path: Path) -> None:
        self._path, self._turn = path, Lock()

    def send(self, message: Message) -> Accepted | NotAccepted:
        """Append the message; a file that cannot be written, or is full, accepts nothing."""
        line = json.dumps(message.as_json(), ensure_ascii=False).encode() + b"\n"
        try:
            with self._turn:
                self._append(line)
        except OSError as error:
            get_logger().warning("notice_file_failed", error=describe(error))
            return NotAccepted(reason("notice_not_written"))
        return Accepted()

    def _append(self, line: bytes) -> None:
        # One write to a file opened for appending: several workers never mix their lines.
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, OWNER_ALONE)
        try:
            found = os.fstat(descriptor)
            if found.st_mode & OTHERS:
                raise OSError("others than its owner may read the file: give it the mode 0600")
            if found.st_size > MOST_BYTES:
                raise OSError(f"the file has more than {MOST_BYTES} bytes: empty it")
            os.write(descriptor, line)
        finally:
            os.close(descriptor)
