"""The file of a job in its service's store: sealed parts, opened one at a time."""

import base64
from collections.abc import Iterator
from typing import Final

from pymongo.database import Database

from shared.engine.decide.schema import Document
from shared.engine.store.durability import DURABLE
from shared.jobs.domain import FilePart, Job, KeptError
from shared.jobs.handlers import part_id, part_place
from shared.jobs.reading import Opener

MAX_MILLIS: Final = 5_000


class MissingPartError(RuntimeError):
    """A part of the file is gone: somebody has deleted it by hand, or a backup was restored without it."""


def read_pieces(database: Database[Document], vault: Opener, job: Job) -> Iterator[bytes]:
    """Yield the bytes of the file. Raises MissingPartError, VaultError or PyMongoError."""
    for number in range(job.parts):
        place = part_id(job.id, number)
        row = database[FilePart.collection].find_one({"_id": place}, {"sealed": 1}, max_time_ms=MAX_MILLIS)
        if row is None:
            raise MissingPartError(place)
        yield base64.b64decode(vault.open(row["sealed"], *part_place(place)))


def delete_file(database: Database[Document], job_id: str) -> None:
    """Delete all parts of the file of a job. Raises PyMongoError."""
    database.get_collection(FilePart.collection, write_concern=DURABLE).delete_many({"job_id": job_id})


def delete_errors(database: Database[Document], job_id: str) -> None:
    """Delete the row errors of a job. Raises PyMongoError."""
    database.get_collection(KeptError.collection, write_concern=DURABLE).delete_many({"job_id": job_id})
