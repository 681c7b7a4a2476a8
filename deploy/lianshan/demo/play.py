"""`lianshan demo`: the stack, the day, the table, the laws, the status."""

import argparse
import json
import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
from pymongo.errors import PyMongoError

from deploy.lianshan.demo import ending
from deploy.lianshan.demo.acts import Play
from deploy.lianshan.demo.api import Api, RefusedError
from deploy.lianshan.demo.house import NotOursError, own_stack
from deploy.lianshan.demo.listening import Listener
from deploy.lianshan.demo.show import Stage
from deploy.lianshan.demo.story import Day
from deploy.lianshan.demo.watch import StuckError, Watch
from deploy.lianshan.laws import check_each_law, left_to_do
from deploy.lianshan.local.folder import Folder
from deploy.lianshan.local.stopping import stoppable
from shared.engine.amqp.broker import BrokerUnreachableError

EXIT_OK: Final = 0
EXIT_NOT_AS_IT_SHOULD: Final = 1
REST_SECONDS: Final = 20.0
FEED_PAGE: Final = 1000
TROUBLE: Final = (StuckError, RefusedError, BrokerUnreachableError, httpx.HTTPError, PyMongoError)
"""What can go wrong in a day; a stack that does not start is its own trouble."""


@dataclass
class Outcome:
    """What is reported at the end."""

    wrong: list[str] = field(default_factory=list)
    laws: dict[str, list[str]] = field(default_factory=dict)
    calls: int = 0
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether everything ended as it should and the laws are kept."""
        return not self.wrong and bool(self.laws) and not any(self.laws.values())

    @contextmanager
    def noting(self, what: str) -> Iterator[None]:
        """Trouble on the way is noted as wrong, and what comes after it is still looked at."""
        try:
            yield
        except TROUBLE as error:
            self.wrong.append(f"{what}: {str(error) or type(error).__name__}")


def main(arguments: Sequence[str] = ()) -> int:
    """`lianshan demo [--json] [--stay] [--var PATH]`; gives the exit status."""
    parser = argparse.ArgumentParser("lianshan demo", description="Plays a day at Zhanlan Road on a stack of its own.")
    parser.add_argument("--json", action="store_true", help="print the outcome as JSON; the story goes to stderr")
    parser.add_argument("--stay", action="store_true", help="leave the stack running at the end, until Ctrl-C")
    parser.add_argument("--var", type=Path, help="its data is kept in PATH/demo; by default LIANSHAN_VAR, else ./var")
    options = parser.parse_args(list(arguments))
    return play(Folder.here(options.var).root / "demo", as_json=options.json, stay=options.stay)


def play(root: Path, *, as_json: bool = False, stay: bool = False) -> int:
    """Play the day on a fresh stack in `root`; 0 where all ended as it should and the laws are kept, else 1.

    Raises what a stack that does not start raises, and KeyboardInterrupt; the stack is stopped all the same.
    """
    stage = Stage(to_stderr=as_json)
    day, outcome = Day(), Outcome()
    with stoppable():
        try:
            stage.act("Lianshan 联善 · a day at Zhanlan Road 展览路 · starting a stack of its own")
            with own_stack(root, stage.note) as addresses:
                _perform(addresses, stage, day, outcome)
                _report(stage, day, outcome, root, as_json)
                if stay:
                    _stay(stage, addresses)
        except NotOursError as error:
            sys.stderr.write(f"lianshan: {error}\n")
            return EXIT_NOT_AS_IT_SHOULD
    return EXIT_OK if outcome.ok else EXIT_NOT_AS_IT_SHOULD


def _perform(addresses: dict[str, str], stage: Stage, day: Day, outcome: Outcome) -> None:
    prefix = os.environ.get("LIANSHAN_DATABASE_PREFIX", "")
    began = time.monotonic()
    with outcome.noting("the day"), ExitStack() as open_things:
        listener = open_things.enter_context(Listener(addresses["amqp_uri"]))
        api = open_things.enter_context(Api(addresses["gateway_url"], addresses["admin_token"]))
        watch = Watch(listener, day, stage)
        with outcome.noting("the day"):
            Play(api, watch, day, stage).perform()
        outcome.seconds, outcome.calls = time.monotonic() - began, api.calls
        with outcome.noting("its end"):
            _come_to_rest(addresses, prefix, watch)
        with outcome.noting("the API"):
            outcome.wrong += ending.surprises(day, ending.as_shown(api, day))
            outcome.wrong += _feed_surprises(api, day)
    with outcome.noting("the laws"):
        outcome.laws = check_each_law(addresses["mongo_uri"], prefix, addresses["amqp_uri"])


def _come_to_rest(addresses: dict[str, str], prefix: str, watch: Watch) -> None:
    def at_rest() -> bool:
        return not left_to_do(addresses["mongo_uri"], prefix, addresses["amqp_uri"])

    watch.meanwhile = lambda: time.sleep(0.1)
    watch.until("rest (empty queues and outboxes)", lambda: at_rest() and at_rest(), REST_SECONDS)


def _feed_surprises(api: Api, day: Day) -> Iterator[str]:
    """The feed of the gateway has to hold what an AMQP subscriber heard, each once, without a gap."""
    keys: list[str] = []
    cursor = 0
    while items := api.get("/events", after=cursor, limit=FEED_PAGE)["items"]:
        if [item["cursor"] for item in items] != list(range(cursor + 1, cursor + len(items) + 1)):
            yield f"the feed has a gap after cursor {cursor}"
        keys += [f"{item['event']['source']}#{item['event']['id']}" for item in items]
        cursor = items[-1]["cursor"]
    if missing := day.keys - set(keys):
        yield f"the feed lacks {len(missing)} of the {day.count} events that were heard, like {min(missing)}"


def _report(stage: Stage, day: Day, outcome: Outcome, root: Path, as_json: bool) -> None:
    stage.act("How it ended")
    stage.console.print(ending.table(day))
    ending.print_waiting(stage.console, day)
    stage.act("The laws, checked in the stores")
    ending.print_laws(stage.console, outcome.laws)
    stage.console.print()
    for words in outcome.wrong:
        stage.console.print(f"  not as it should be: {words}", style="red", markup=False, soft_wrap=True)
    sums = f"{len(day.needs)} needs, {day.count} events, {outcome.calls} API calls in {outcome.seconds:.1f} s"
    verdict = "all ended as it should" if outcome.ok else f"NOT as it should; the services' logs are in {root / 'log'}"
    stage.console.print(f"  {sums}: {verdict}", style="bold green" if outcome.ok else "bold red", soft_wrap=True)
    if as_json:
        print(json.dumps(_as_json(day, outcome), ensure_ascii=False, indent=2))


def _as_json(day: Day, outcome: Outcome) -> dict[str, Any]:
    return {
        "ok": outcome.ok,
        "needs": ending.as_json(day),
        "laws": outcome.laws,
        "wrong": outcome.wrong,
        "events": day.count,
        "api_calls": outcome.calls,
        "seconds": round(outcome.seconds, 2),
    }


def _stay(stage: Stage, addresses: dict[str, str]) -> None:
    stage.console.print(f"\n  The stack stays: {addresses['gateway_url']}/docs", soft_wrap=True)
    stage.console.print(f"  Its key: {addresses['admin_token']}   Ctrl-C stops it.", soft_wrap=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        stage.console.print("  stopping …")
