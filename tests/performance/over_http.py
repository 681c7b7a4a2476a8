"""`python -m tests.performance.over_http`: the platform as callers over HTTP meet it, beside stock nameko.

A stack of its own runs with all that `lianshan up` starts. The parts of one run share the machine: their ratios count.
"""

import argparse
import asyncio
import json
import os
import shutil
import statistics
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Final
from uuid import uuid4

import httpx
import psutil
from rich.console import Console

from deploy.lianshan.load.driver import make_client
from deploy.lianshan.load.figures import percentile
from deploy.lianshan.load.town import Town
from deploy.lianshan.local.state import read_records
from tests.performance.callers import CREATED, Answered, Call, calling, press
from tests.performance.events_out import follow_many, measure_webhook
from tests.performance.imports import import_files
from tests.performance.processes import free_port, running_programs
from tests.performance.servers import Servers
from tests.performance.steady_writes import Load, found, new_town
from tests.performance.stopped_projector import LEVEL_SECONDS, Stack, running_stack, until

AT_ONCE: Final = 64
BATCH: Final = 200
BATCH_CALLERS: Final = 4
STREAMS: Final = 1_000
WEBHOOK_EVENTS, WEBHOOK_RATE = 2_000, 200.0
LOW_RATE: Final = 20.0
MORE_THAN_STREAMS: Final = str(STREAMS + 100)
SETTINGS: Final = {
    "LIANSHAN_MAX_STREAMS": MORE_THAN_STREAMS,
    "LIANSHAN_MAX_STREAMS_OF_ONE": MORE_THAN_STREAMS,
    "LIANSHAN_MAX_CONNECTIONS_OF_ONE": "4096",
    "LIANSHAN_RATE_PER_SECOND": "100000",
    "LIANSHAN_RATE_BURST": "100000",
    "LIANSHAN_WEBHOOK_NETWORKS": "127.0.0.0/8",
    "LIANSHAN_LOG_LEVEL": "warning",
}
Say = Callable[[str], None]
Figures = dict[str, Any]


@dataclass(frozen=True)
class Platform:
    """The running stack, a town in it, and stock nameko beside it."""

    stack: Stack
    client: httpx.AsyncClient
    servers: Servers
    town: Town
    stations: list[str]
    stock_url: str
    seconds: float
    """How long callers press in one part of a round."""

    @property
    def address(self) -> tuple[str, str]:
        """The gateway's address and a key."""
        return self.stack.addresses["gateway_url"], self.stack.addresses["admin_token"]

    def single(self, *, publish: bool, prefer: str = "") -> Callable[[int], Call]:
        """Return the calls that register one need each, with that preference."""

        def call(nth: int) -> Call:
            body = {**self.town.need(nth, self.stations).body, "publish": publish}
            return Call("POST /v1/needs", json.dumps(body).encode(), uuid4().hex, prefer)

        return call

    def batch(self, nth: int) -> Call:
        """Return the call that registers BATCH drafts."""
        first = nth * BATCH
        needs = [{**self.town.need(first + n, self.stations).body, "publish": False} for n in range(BATCH)]
        return Call("POST /v1/needs:batch", json.dumps({"needs": needs}).encode(), uuid4().hex)

    def process(self, name: str) -> psutil.Process:
        """Return a supervised process."""
        pid = next(record["pid"] for record in read_records(self.stack.folder) if record["name"] == name)
        assert pid is not None, f"{name} runs"
        return psutil.Process(pid)

    def cpu_seconds(self) -> dict[str, float]:
        """Return the CPU seconds of every process of the stack so far, its servers included."""
        pids = {record["name"]: record["pid"] for record in read_records(self.stack.folder)}
        return {name: _cpu(psutil.Process(pid)) for name, pid in pids.items() if pid is not None}


def _cpu(process: psutil.Process) -> float:
    family = [process, *process.children(recursive=True)]
    return sum(times.user + times.system for times in (member.cpu_times() for member in family))


async def measure_drafts(here: Platform, rounds: int, say: Say) -> Figures:
    """Drafts by single calls and in batches, and the same bodies through stock nameko, in turn.

    By single calls to the durable commit, as stock nameko answers, and to the whole answer once the views show it.
    """
    ours: list[Answered] = []
    whole: list[Answered] = []
    stock: list[Answered] = []
    batches: list[Answered] = []
    for nth in range(rounds):
        async with calling(*here.address, AT_ONCE) as callers:
            minimal = here.single(publish=False, prefer="return=minimal")
            ours.append(await press(callers, minimal, here.seconds, CREATED))
        await until(here.stack.at_rest, "rest after the drafts", LEVEL_SECONDS)
        async with calling(*here.address, AT_ONCE) as callers:
            whole.append(await press(callers, here.single(publish=False), here.seconds, CREATED))
        async with calling(here.stock_url, "none", AT_ONCE) as callers:
            stock.append(await press(callers, here.single(publish=False), here.seconds, CREATED))
        async with calling(*here.address, BATCH_CALLERS) as callers:
            batches.append(await press(callers, here.batch, here.seconds, 200))
        say(
            f"round {nth + 1} of {rounds}: {ours[-1].rate:.0f} drafts/s, with the whole answer {whole[-1].rate:.0f}/s, "
            f"stock nameko {stock[-1].rate:.0f}/s, in batches {batches[-1].rate * BATCH:.0f}/s"
        )
    drafts, answered, theirs, bulk = (
        statistics.median(one.rate for one in parts) for parts in (ours, whole, stock, batches)
    )
    return {
        "drafts_per_s": round(drafts, 1),
        "stock_per_s": round(theirs, 1),
        "vs_stock_nameko": round(drafts / theirs, 3),
        "drafts_p50_ms": _millis(ours, 0.5),
        "drafts_p99_ms": _millis(ours, 0.99),
        "whole_per_s": round(answered, 1),
        "whole_p99_ms": _millis(whole, 0.99),
        "stock_p99_ms": _millis(stock, 0.99),
        "bulk_per_s": round(bulk * BATCH, 1),
        "bulk_vs_singles": round(bulk * BATCH / answered, 2),
        "refused": sum(one.refused for one in (*ours, *whole, *stock, *batches)),
    }


async def measure_published(here: Platform, say: Say) -> Figures:
    """Needs that are published at once, by callers who wait for each answer."""
    async with calling(*here.address, AT_ONCE) as callers:
        answered = await press(callers, here.single(publish=True), 2 * here.seconds, CREATED)
    say(f"{answered.rate:.0f} published needs/s")
    await until(here.stack.at_rest, "rest after the needs", LEVEL_SECONDS)
    return {"published_per_s": round(answered.rate, 1), "published_p99_ms": _millis([answered], 0.99)}


async def measure_cpu(here: Platform, say: Say) -> Figures:
    """CPU of the whole stack a published need, at LOW_RATE, and its use in the same time without needs."""
    seconds = 2 * here.seconds
    idle = await _use(here, asyncio.sleep(seconds), seconds)
    load = Load(here.client, here.town, here.stations, LOW_RATE)
    writing = asyncio.create_task(load.run())
    await asyncio.sleep(2)
    began = len(load.writes)
    busy = await _use(here, asyncio.sleep(seconds), seconds)
    needs = len(load.writes) - began
    load.ending = True
    await writing
    each = {name: round(used * seconds * 1000 / needs, 2) for name, used in busy.items()}
    say(f"CPU a need at {LOW_RATE:g}/s: {sum(each.values()):.1f} ms ({each}); idle {sum(idle.values()):.3f} cores")
    return {
        "cpu_ms_per_need": round(sum(each.values()), 1),
        "cpu_ms_per_need_of": each,
        "idle_cores": round(sum(idle.values()), 3),
        "idle_cores_of": {name: round(used, 4) for name, used in idle.items()},
    }


async def _use(here: Platform, work: Awaitable[None], seconds: float) -> dict[str, float]:
    """Return the cores that each process uses meanwhile."""
    before, began = here.cpu_seconds(), perf_counter()
    await work
    took = max(perf_counter() - began, seconds)
    return {name: (used - before.get(name, 0.0)) / took for name, used in here.cpu_seconds().items()}


async def measure_events(here: Platform, say: Say) -> Figures:
    """Events to a webhook at WEBHOOK_RATE, and to STREAMS open streams."""
    used = _cpu(here.process("webhooks"))
    hook = await measure_webhook(here.client, here.servers, number=WEBHOOK_EVENTS, per_second=WEBHOOK_RATE)
    each = (_cpu(here.process("webhooks")) - used) * 1000 / WEBHOOK_EVENTS
    say(f"event → webhook at {WEBHOOK_RATE:g}/s: {hook}, {each:.1f} ms CPU of the worker a message")
    gateway = here.process("gateway")
    before = gateway.memory_info().rss / 2**20
    watching = asyncio.create_task(follow_many(*here.address, here.servers, STREAMS))
    peak = before
    while not watching.done():
        peak = max(peak, gateway.memory_info().rss / 2**20)
        await asyncio.sleep(0.1)
    await watching
    say(f"{STREAMS:,} streams: gateway {before:.0f} → {peak:.0f} MiB")
    return {
        "webhook_p50_ms": hook["p50_ms"],
        "webhook_p99_ms": hook["p99_ms"],
        "webhook_cpu_ms": round(each, 2),
        "streams": STREAMS,
        "gateway_mib_before_streams": round(before, 1),
        "gateway_mib_with_streams": round(peak, 1),
    }


def _millis(parts: list[Answered], share: float) -> float | None:
    found = percentile([seconds for one in parts for seconds in one.each], share)
    return None if found is None else round(found * 1000, 1)


@contextmanager
def stock_nameko(amqp_uri: str, folder: Path) -> Iterator[str]:
    """Stock nameko's two processes; gives the address."""
    address = f"127.0.0.1:{free_port()}"
    environment = {"LIANSHAN_AMQP_URI": amqp_uri, "BENCH_HTTP_ADDRESS": address, "EVENTLET_NO_GREENDNS": "yes"}
    programs = {name: ["tests.performance.peers.stock_http", name] for name in ("owner", "edge")}
    with running_programs(programs, environment, folder):
        yield f"http://{address}"


async def _answering(url: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in range(300):
            try:
                answer = await client.post(f"{url}/v1/needs", json={})
            except httpx.TransportError:
                await asyncio.sleep(0.1)
                continue
            if answer.status_code == CREATED:
                return
            await asyncio.sleep(0.1)
    raise TimeoutError("stock nameko does not answer")


PARTS: Final = ("cpu", "drafts", "published", "events", "imports")


@dataclass(frozen=True)
class Plan:
    """The parts to measure, the rounds of drafts, and the seconds of one part of a round."""

    parts: Sequence[str] = PARTS
    rounds: int = 3
    seconds: float = 5.0


async def measure(stack: Stack, stock_url: str, plan: Plan, say: Say) -> Figures:
    """Return the figures of all parts asked for."""
    await _answering(stock_url)
    async with make_client(stack.addresses["gateway_url"], stack.addresses["admin_token"]) as client:
        town = new_town(20_000)
        servers = Servers(stack.addresses["amqp_uri"], stack.addresses["mongo_uri"], None, None)
        here = Platform(stack, client, servers, town, await found(client, town), stock_url, plan.seconds)
        await until(stack.at_rest, "rest of the town", LEVEL_SECONDS)
        figures: Figures = {}
        if "cpu" in plan.parts:
            figures |= await measure_cpu(here, say)
        if "drafts" in plan.parts:
            figures |= await measure_drafts(here, plan.rounds, say)
        if "published" in plan.parts:
            figures |= await measure_published(here, say)
        if "events" in plan.parts:
            figures |= await measure_events(here, say)
        if "imports" in plan.parts:
            figures |= await import_files(client, here.process("jobs"), town, here.stations, say)
        return figures


def over_http(root: Path, plan: Plan, say: Say) -> Figures:
    """Start a stack in that folder, measure, and stop it."""
    os.environ.update(SETTINGS)
    with running_stack(root) as stack, stock_nameko(stack.addresses["amqp_uri"], root / "stock") as url:
        figures = asyncio.run(measure(stack, url, plan, say))
    shutil.rmtree(root)
    return figures


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", default=",".join(PARTS), help="by commas")
    parser.add_argument("--rounds", type=int, default=Plan.rounds, help="of drafts")
    parser.add_argument("--seconds", type=float, default=Plan.seconds, help="of each part of a round")
    parser.add_argument("--root", type=Path, default=Path("var/over_http"))
    options = parser.parse_args()
    console = Console(width=120)
    plan = Plan(options.parts.split(","), options.rounds, options.seconds)
    console.print_json(data=over_http(options.root, plan, console.print))
    return 0


if __name__ == "__main__":
    sys.exit(main())
