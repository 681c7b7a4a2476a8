"""The worker: it takes exports one after another, and writes each as a whole, from its beginning."""

import os
from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory, gettempdir
from threading import Event
from time import monotonic
from typing import Final

import psutil
from pymongo.database import Database
from pymongo.errors import PyMongoError

from services.gateway.exports.content import write_head, write_lines
from services.gateway.exports.figures import ENDED, ROWS, WAITING
from services.gateway.exports.files import write_file
from services.gateway.exports.holding import Hold, Holding, LostError
from services.gateway.exports.source import NotBuiltError, StoredSource, open_source, read_city_catalogue
from services.gateway.features.exports.records import MOST_BYTES, MOST_ROWS, Export
from services.gateway.features.reports.reading import find_figure
from shared.contracts.reasons import Reason, reason
from shared.engine.decide.schema import Document
from shared.engine.run.plain_process import Parts
from shared.runtime.control import Pause
from shared.runtime.logging import describe, get_logger, where
from shared.words import Wording

PART: Final = "exports"
CHECKS: Final = (PART,)
IDLE_SECONDS: Final = 0.5
"""How often an idle worker looks for an export."""
LOOK_SECONDS: Final = 2.0
"""How often it reads the pause, and measures how long the oldest export waits."""
SWEEP_SECONDS: Final = 60.0
MOST_DEATHS: Final = 3
"""Workers that may fall silent over one export: it is given up then, because it may be the cause."""
MOST_ATTEMPTS: Final = 20
PREFIX: Final = "lianshan-export-"
"""Begins the name of the folder in which a process writes a file, before its number."""


class ExportWorker:
    """Runs until `stop`. Several share the exports by lease; a pause of the gateway pauses it, too."""

    def __init__(self, database: Database[Document]) -> None:
        self._database, self._stopping = database, Event()
        self._holding, self._pause = Holding(database), Pause(database)
        self._parts = Parts("exports", CHECKS, self._stopping)
        self._next_look = self._next_sweep = 0.0
        self._hold: Hold | None = None

    def stop(self) -> None:
        """Have `run` return; an export in hand is given back, and begun again elsewhere."""
        self._stopping.set()
        if (hold := self._hold) is not None:
            hold.lost = True

    def faults(self) -> dict[str, str]:
        """Return the reasons why it is not ready, by the name of the check."""
        # A large file is one step: the lease shows whether it goes on.
        return self._parts.faults(silence=self._hold is None)

    def run(self) -> None:
        """Write exports until stopped."""
        remove_leftovers()
        while not self._stopping.is_set():
            self._parts.guard(PART, self.step)

    def step(self) -> bool:
        """Write the export that is next; return whether there was one. Raises PyMongoError."""
        self._look()
        export = None if self._pause.paused else self._holding.take()
        if export is None:
            self._stopping.wait(IDLE_SECONDS)
            return False
        self._take_on(export)
        return True

    def _look(self) -> None:
        if monotonic() >= self._next_look:
            self._next_look = monotonic() + LOOK_SECONDS
            self._pause.refresh()
            WAITING.set(self._holding.waiting_seconds())
        if monotonic() >= self._next_sweep:
            self._next_sweep = monotonic() + SWEEP_SECONDS
            if swept := self._holding.sweep():
                get_logger().info("export_parts_swept", count=swept)

    def _take_on(self, export: Export) -> None:
        if export.deaths >= MOST_DEATHS or export.attempts > MOST_ATTEMPTS:
            self._fail(export, reason("export_given_up", count=export.attempts - 1))
            return
        self._hold = hold = Hold(export)
        try:
            with self._holding.kept(hold):
                self._write(hold)
        except LostError:
            if self._stopping.is_set():
                self._holding.give_back(export)
            else:
                self._holding.drop(export)
                ENDED.labels(export.format, "lost").inc()
        except (PyMongoError, NotBuiltError):
            # The store's trouble, or its history was too short: no fault of the export. Where the store is away the
            # lease ends by itself.
            self._holding.give_back(export)
            raise
        except Exception as error:  # noqa: BLE001 - it would fail in every worker again
            get_logger().error("export_failed", export=export.id, error=describe(error), where=where(error))
            self._fail(export, reason("export_not_written"))
        finally:
            self._hold = None

    def _write(self, hold: Hold) -> None:
        export = hold.export
        own = TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-")
        with own as folder, open_source(self._database, export) as source:
            path = Path(folder) / f"file.{export.format}"
            if (problem := self._count(hold, source)) is not None:
                self._fail(export, problem)
                return
            catalogue = read_city_catalogue(self._database)
            words = Wording(export.language, catalogue=lambda: catalogue)
            head, lines = write_head(export, words), write_lines(export, source, words)
            hold.rows = write_file(path, export.format, head, lines, marked=export.bom, note=hold.note)
            if (size := path.stat().st_size) > MOST_BYTES:
                self._fail(export, reason("export_file_too_large", bytes=size, limit=MOST_BYTES))
                return
            parts, size = self._holding.store(hold, path)
            if self._holding.finish(hold, parts, size):
                ENDED.labels(export.format, "done").inc()
                ROWS.labels(export.format).inc(hold.rows)
            else:
                raise LostError(export.id)

    def _count(self, hold: Hold, source: StoredSource) -> Reason | None:
        """Count the rows, if it is one of rows; return the reason where there are too many."""
        if hold.export.figure is None:
            return None
        hold.total = source.count(find_figure(hold.export.report, hold.export.figure), MOST_ROWS + 1)
        return reason("export_grew_too_large", most=MOST_ROWS) if hold.total > MOST_ROWS else None

    def _fail(self, export: Export, problem: Reason) -> None:
        if self._holding.fail(export, problem):
            ENDED.labels(export.format, "failed").inc()


def remove_leftovers() -> None:
    """Remove the folders of processes of this host that were killed while they wrote a file."""
    for folder in Path(gettempdir()).glob(f"{PREFIX}*-*"):
        number = folder.name.removeprefix(PREFIX).partition("-")[0]
        # In a container each process has the same number: this one has written nothing yet.
        if number.isdigit() and (int(number) == os.getpid() or not psutil.pid_exists(int(number))):
            with suppress(OSError):
                rmtree(folder)
