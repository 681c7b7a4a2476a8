"""The copy of the journal of erasures outside the store of stations: a database of its own, in no backup.

A restore replaces the store of stations and leaves this database, so that it still knows every erasure.
"""

from threading import Event
from typing import Final

from pymongo import ASCENDING, DESCENDING, WriteConcern
from pymongo.database import Database
from pymongo.errors import BulkWriteError, PyMongoError
from pymongo.read_concern import ReadConcern

from services.stations.erasures.journal import DIGITS, JournalRow
from shared.engine.decide.schema import Document
from shared.people.journal import COPY, FIRST, journal_database
from shared.runtime.clock import Clock
from shared.runtime.logging import describe, get_logger

OWNER: Final = "stations"
POLL_SECONDS: Final = 5.0
"""How soon an entry is copied that another replica has committed; one of this replica at once."""
BACKOFF_SECONDS: Final = 30.0
PAGE: Final = 500
MAX_MILLIS: Final = 5_000
MAJORITY_MILLIS: Final = 15_000


class JournalCopy:
    """Copies new entries, in order, as long as the service runs. Several replicas copy the same entries once."""

    name = "erasure_journal"

    def __init__(self, database: Database[Document], _: Clock) -> None:
        self._rows = database.get_collection(JournalRow.collection, read_concern=ReadConcern("majority"))
        copies = database.client[journal_database(database.name.removesuffix(OWNER))]
        majority = WriteConcern("majority", wtimeout=MAJORITY_MILLIS)
        self._copy = copies.get_collection(COPY, write_concern=majority)
        self._woken = Event()
        self._stopping = False

    def run(self) -> None:
        """Copy until stopped."""
        while not self._stopping:
            self._woken.clear()
            try:
                more = self.copy_page()
                pause = 0.0 if more else POLL_SECONDS
            except PyMongoError as error:
                # An operator sees it in the doctor, too: the service goes on without.
                get_logger().warning("erasure_journal_not_copied", error=describe(error))
                pause = BACKOFF_SECONDS
            if pause and not self._stopping:
                self._woken.wait(pause)

    def stop(self) -> None:
        """Have `run` return after the page at hand."""
        self._stopping = True
        self._woken.set()

    def wake(self) -> None:
        """Do nothing: erasures are rare, and a look after each batch would cost more than the few seconds saved."""

    def fault(self) -> str | None:
        """Return None: the service is ready without the copy."""
        return None

    def copy_page(self) -> bool:
        """Copy the entries that follow the last copied one; return whether there may be more. Raises PyMongoError."""
        last = self._copy.find_one({}, sort=[("_id", DESCENDING)], max_time_ms=MAX_MILLIS)
        number, hashed = (0, FIRST) if last is None else (last["_id"], last["entry"]["hash"])
        rule = {"_id": {"$gt": f"{number:0{DIGITS}d}"}}
        found = self._rows.find(rule).sort("_id", ASCENDING).limit(PAGE).max_time_ms(MAX_MILLIS)
        entries = [row["entry"] for row in found]
        if not entries:
            return False
        if (entries[0]["number"], entries[0]["before"]) != (number + 1, hashed):
            get_logger().error("erasure_journal_contradicts", number=number)
            return False
        try:
            self._copy.insert_many([{"_id": entry["number"], "entry": entry} for entry in entries])
        except BulkWriteError:
            return True  # another replica was quicker: look again
        return len(entries) == PAGE
