"""Measures writes over HTTP while the projector is away: its process is stopped, then started again and catches up.

`python -m tests.performance.stopped_projector [MINUTES]` starts a stack of its own, finds the rate at which it takes in
needs, and then publishes 30 % of that, without a break, while the projector runs, is stopped, and runs again: MINUTES
(10) each. It prints a table, and ends with 1 where anything was refused, lost or not shown in the end.
"""

import asyncio
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Final

from rich.console import Console
from rich.table import Table

from deploy.lianshan.laws import check_laws, find_pending_work
from deploy.lianshan.laws.rest import read_depths
from deploy.lianshan.load.driver import make_client
from deploy.lianshan.local.folder import Folder, write_json
from deploy.lianshan.local.stack import start_detached, stop_stack
from deploy.lianshan.local.state import StackAddresses, read_addresses, read_processes
from deploy.lianshan.stores import open_stores
from deploy.lianshan.views import report
from shared.contracts.envelope import read_event
from shared.engine.amqp.event_log import LOG_START, BrokerLog
from shared.engine.amqp.topology import events_queue
from tests.performance.steady_writes import PEAK_AT_ONCE, Load, Period, find_peak, found, new_town

MINUTES: Final = 10.0
SHARE: Final = 0.3
"""The part of the highest rate that is written."""
WARM_SECONDS, START_SECONDS, SWITCH_SECONDS, LEVEL_SECONDS = 10.0, 240.0, 90.0, 3600.0
LOOK_SECONDS: Final = 0.25
PROJECTOR: Final = "projector"
LOG_QUIET_SECONDS: Final = 3.0

Say = Callable[[str], None]


async def until(condition: Callable[[], bool], what: str, seconds: float) -> None:
    """Wait for it. Raises TimeoutError."""
    end = monotonic() + seconds
    while not await asyncio.to_thread(condition):
        if monotonic() > end:
            raise TimeoutError(f"waited {seconds:g} s in vain for {what}")
        await asyncio.sleep(LOOK_SECONDS)


@dataclass(frozen=True)
class Stack:
    """The running stack, whose projector is stopped and started as `lianshan scale` does."""

    folder: Folder
    addresses: StackAddresses

    async def set_projectors(self, number: int) -> None:
        """Wait until so many of its processes run and are ready."""
        write_json(self.folder.replicas_file, {PROJECTOR: number})
        await until(lambda: self._projectors() == [True] * number, f"{number} projectors", SWITCH_SECONDS)

    def _projectors(self) -> list[bool]:
        return [p["ready"] for p in read_processes(self.folder) if p["name"].startswith(PROJECTOR)]

    def waiting(self) -> int:
        """Return the events that wait for the projector."""
        return read_depths(self.addresses["amqp_uri"])[events_queue("gateway")]

    def at_rest(self) -> bool:
        """Return whether no message is on its way and the views have followed the feed to its end."""
        if find_pending_work(self.addresses["mongo_uri"], "", self.addresses["amqp_uri"]):
            return False
        with open_stores(self.addresses["mongo_uri"]) as stores:
            return all(not view.behind and not view.building for view in report(stores))

    def find_missing(self) -> tuple[int, list[str]]:
        """Return the number of events in the feed, and all that is wrong: its gaps, missing events, broken laws."""
        uri = self.addresses["mongo_uri"]
        wrong: list[str] = []
        # The log first: events that timers publish meanwhile come to the feed, too, but not to a feed that was read
        # before.
        logged = self._read_log()
        with open_stores(uri) as stores:
            items = stores.collection("gateway", "feed").find({}, {"event": 1, "cursor": 1}).sort("_id", 1)
            keys = {}
            for nth, item in enumerate(items, 1):
                keys[read_event(item["event"]).key] = item["cursor"]
                if item["cursor"] != nth and not wrong:
                    wrong.append(f"the feed has cursor {item['cursor']} at place {nth}")
        missing = logged - keys.keys()
        if missing:
            wrong.append(f"{len(missing):,} events of the log are not in the feed, like {min(missing)}")
        return len(keys), wrong + check_laws(uri, "", self.addresses["amqp_uri"])

    def _read_log(self) -> set[str]:
        """Return the keys of all published events that are for the gateway."""
        reader = BrokerLog(self.addresses["amqp_uri"], "gateway").read(LOG_START, 0, applied=False)
        keys: set[str] = set()
        try:
            while (taken := reader.take(500, 4 * 1024**2, LOG_QUIET_SECONDS)) is not None:
                keys.update(str(delivery.properties["message_id"]) for delivery in taken)
                reader.settle()
        finally:
            reader.close()
        return keys


@contextmanager
def running_stack(root: Path) -> Iterator[Stack]:
    """A new stack in that folder, stopped at the end."""
    shutil.rmtree(root, ignore_errors=True)
    folder = Folder(root.absolute())
    start_detached(folder, [], START_SECONDS, bound=True)
    try:
        addresses = read_addresses(folder)
        assert addresses is not None, "it is up"
        yield Stack(folder, addresses)
    finally:
        stop_stack(folder, print)


async def measure(stack: Stack, minutes: float, say: Say) -> tuple[list[Period], float]:
    """Return the periods, and the seconds from the projector's start until the views are level."""
    async with make_client(stack.addresses["gateway_url"], stack.addresses["admin_token"]) as client:
        peak = await find_peak(client)
        rate = peak * SHARE
        town = new_town(round(rate * (4 * minutes * 60 + 2 * WARM_SECONDS)))
        load = Load(client, town, await found(client, town), rate)
        await until(stack.at_rest, "rest after the peak", LEVEL_SECONDS)
        say(f"{peak:.0f} needs/s at most with {PEAK_AT_ONCE} callers; {rate:.1f}/s from now on")
        writing = asyncio.create_task(load.run())
        await asyncio.sleep(WARM_SECONDS)
        try:
            marks, level = await play(stack, load, minutes * 60, say)
        finally:
            load.ending = True
            await writing
    names = ("running", "stopped", "catching up", "running again")
    spans = zip(names, (marks[0], marks[2], marks[4], marks[5]), (marks[1], marks[3], marks[5], marks[6]), strict=True)
    return [load.between(*span) for span in spans], level


async def play(stack: Stack, load: Load, seconds: float, say: Say) -> tuple[list[float], float]:
    """Stop the projector and start it again; return the instants, and the seconds until the views were level."""
    marks = [monotonic()]
    await asyncio.sleep(seconds)
    marks.append(monotonic())
    await stack.set_projectors(0)
    marks.append(monotonic())
    say("the projector is stopped")
    await asyncio.sleep(seconds)
    if await load.is_level():
        raise RuntimeError("a view shows a new need although no projector runs")
    marks.append(monotonic())
    say(f"{await asyncio.to_thread(stack.waiting):,} events wait; the projector is started")
    marks.append(monotonic())
    await stack.set_projectors(1)
    while not await load.is_level():
        if monotonic() > marks[-1] + LEVEL_SECONDS:
            raise TimeoutError("the views are not level in time")
        await asyncio.sleep(LOOK_SECONDS)
    marks.append(monotonic())
    say(f"level after {marks[-1] - marks[-2]:.1f} s")
    await asyncio.sleep(max(WARM_SECONDS, marks[-2] + seconds - monotonic()))
    marks.append(monotonic())
    return marks, marks[5] - marks[4]


def make_table(periods: Sequence[Period]) -> Table:
    """Return the writes of each period; times from the moment at which a write was due until its answer."""
    table = Table(title="Writes while the projector", title_justify="left")
    for column in ("projector", "seconds", "answered", "p50 ms", "p99 ms", "longest", "refused"):
        table.add_column(column, justify="left" if column == "projector" else "right")
    for one in periods:
        refused = ", ".join(f"{number} × {kind}" for kind, number in one.refused.items()) or "0"
        answered = len(one.writes) - one.refused.total()
        figures = (one.percentile(0.5), one.percentile(0.99), one.percentile(1.0))
        table.add_row(one.name, f"{one.ended - one.began:.0f}", f"{answered:,}", *figures, refused)
    return table


async def run(stack: Stack, minutes: float, console: Console) -> int:
    """Measure, print, and return the exit code."""
    periods, level = await measure(stack, minutes, console.print)
    await until(stack.at_rest, "rest", LEVEL_SECONDS)
    events, wrong = await asyncio.to_thread(stack.find_missing)
    console.print(make_table(periods))
    console.print(f"level {level:.1f} s after the projector's start; {events:,} events in the feed")
    console.print("\n".join(wrong) or "no gap, every event of the log in the feed, every law kept, every need shown")
    return 1 if wrong or any(period.refused for period in periods) else 0


def main(minutes: float) -> int:
    """Start the stack, run, stop it; its folder stays where anything was wrong."""
    root = Path("var/stopped_projector")
    with running_stack(root) as stack:
        failed = asyncio.run(run(stack, minutes, Console(width=100)))
    if not failed:
        shutil.rmtree(root)
    return failed


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else MINUTES))
