"""The run of `lianshan demo`: the stack, the day, the table of its needs, the laws, the verdict."""

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
from typing import Final

import httpx
from pymongo.errors import PyMongoError

from deploy.lianshan.clock.movement import ClockNotMovedError
from deploy.lianshan.clock.story import play
from deploy.lianshan.demo import report
from deploy.lianshan.demo.api import Api, RefusedError
from deploy.lianshan.demo.listener import Listener
from deploy.lianshan.demo.observations import Day
from deploy.lianshan.demo.observer import Observer, StuckError
from deploy.lianshan.demo.stack import NotOursError, run_own_stack
from deploy.lianshan.demo.steps import DemoDay
from deploy.lianshan.demo.transcript import Transcript
from deploy.lianshan.demo.words import DemoWords
from deploy.lianshan.laws import check_each_law, find_pending_work, word_breaches
from deploy.lianshan.local.folder import Folder
from deploy.lianshan.local.signals import interrupt_on_sigterm
from deploy.lianshan.local.state import StackAddresses
from deploy.lianshan.stores import open_stores
from shared.engine.amqp.broker import BrokerUnreachableError
from shared.words import LANGUAGES, language_of_environment

EXIT_OK: Final = 0
EXIT_NOT_OK: Final = 1
REST_SECONDS: Final = 20.0
STORY: Final = "a day at Zhanlan Road"
FEED_PAGE: Final = 1000
DAY_ERRORS: Final = (
    StuckError,
    RefusedError,
    BrokerUnreachableError,
    ClockNotMovedError,
    httpx.HTTPError,
    PyMongoError,
)
"""Errors that end a part of the day and are reported at its end. A stack that does not start ends the demo itself."""


@dataclass
class Outcome:
    """The outcome of the day: deviations from the script in words, the breaches of each law, calls and seconds."""

    words: DemoWords
    wrong: list[str] = field(default_factory=list)
    laws: dict[str, list[str]] = field(default_factory=dict)
    calls: int = 0
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Return whether everything ended as the script has it and every law was checked and kept."""
        return not self.wrong and bool(self.laws) and not any(self.laws.values())

    @contextmanager
    def noting(self, part: str) -> Iterator[None]:
        """Note an error of the part as wrong, so that the parts after it are still looked at."""
        try:
            yield
        except DAY_ERRORS as error:
            error_words = str(error) or type(error).__name__
            self.wrong.append(self.words.say("part_failed", part=self.words.say(part), error=error_words))


def main(arguments: Sequence[str] = ()) -> int:
    """Run `lianshan demo [--json] [--stay] [--var PATH] [--lang en|zh]` and return the exit status."""
    parser = argparse.ArgumentParser("lianshan demo", description="Plays a day at Zhanlan Road on a stack of its own.")
    parser.add_argument("--json", action="store_true", help="print the outcome as JSON; the events go to stderr")
    parser.add_argument("--stay", action="store_true", help="leave the stack running at the end, until Ctrl-C")
    parser.add_argument("--var", type=Path, help="its data is kept in PATH/demo; by default LIANSHAN_VAR, else ./var")
    parser.add_argument("--lang", choices=LANGUAGES, help="its language; by default that of your locale, else en")
    options = parser.parse_args(list(arguments))
    words = DemoWords(options.lang or language_of_environment(os.environ))
    return run_demo(Folder.here(options.var).root / "demo", words, as_json=options.json, stay=options.stay)


def run_demo(root: Path, words: DemoWords, *, as_json: bool = False, stay: bool = False) -> int:
    """Play the day on a fresh stack in `root`; return 0 where it ended as scripted and the laws are kept, else 1.

    Raises the errors of a stack that does not start, and KeyboardInterrupt; the stack is stopped all the same.
    """
    transcript = Transcript(words, to_stderr=as_json)
    day, outcome = Day(), Outcome(words)
    with interrupt_on_sigterm():
        try:
            transcript.add_heading(words.say("starting"))
            transcript.add_note(words.say("servers_start"))
            # The steps of a start are reported in English only; a stack that fails is an error of its own.
            with run_own_stack(root, lambda _: None) as addresses:
                transcript.add_note(words.say("all_ready"))
                _play(addresses, transcript, day, outcome)
                _report(transcript, day, outcome, root, as_json)
                if stay:
                    _stay(transcript, addresses)
        except NotOursError as error:
            sys.stderr.write(f"lianshan: {error}\n")
            return EXIT_NOT_OK
    return EXIT_OK if outcome.ok else EXIT_NOT_OK


def _play(addresses: StackAddresses, transcript: Transcript, day: Day, outcome: Outcome) -> None:
    prefix = os.environ.get("LIANSHAN_DATABASE_PREFIX", "")
    began = time.monotonic()
    with outcome.noting("part_day"), ExitStack() as opened:
        listener = opened.enter_context(Listener(addresses["amqp_uri"]))
        api = opened.enter_context(Api(addresses["gateway_url"], addresses["admin_token"], transcript.words.language))
        observer = Observer(listener, day, transcript)
        stores = opened.enter_context(open_stores(addresses["mongo_uri"], prefix))
        story = opened.enter_context(play(stores, STORY))
        with outcome.noting("part_day"):
            DemoDay(api, observer, day, transcript, story).perform()
        outcome.seconds, outcome.calls = time.monotonic() - began, api.calls
        with outcome.noting("part_end"):
            _await_rest(addresses, prefix, observer)
        with outcome.noting("part_api"):
            outcome.wrong += report.find_deviations(day, report.fetch_shown(api, day), outcome.words)
            outcome.wrong += _find_feed_deviations(api, day, outcome.words)
    with outcome.noting("part_laws"):
        broken = check_each_law(addresses["mongo_uri"], prefix, addresses["amqp_uri"])
        outcome.laws = {law: word_breaches(found, outcome.words.wording) for law, found in broken.items()}


def _await_rest(addresses: StackAddresses, prefix: str, observer: Observer) -> None:
    def is_at_rest() -> bool:
        return not find_pending_work(addresses["mongo_uri"], prefix, addresses["amqp_uri"])

    observer.meanwhile = lambda: time.sleep(0.1)
    # Twice: a message in a consumer's hands stands in no queue.
    observer.wait_until("awaited_rest", lambda: is_at_rest() and is_at_rest(), REST_SECONDS)


def _find_feed_deviations(api: Api, day: Day, words: DemoWords) -> Iterator[str]:
    """Yield a line where the gateway's feed has a gap or lacks an event that an AMQP subscriber has received."""
    keys: list[str] = []
    cursor, last = "0", 0
    while items := api.get("/events", after=cursor, limit=FEED_PAGE)["items"]:
        if [_count(item["cursor"]) for item in items] != list(range(last + 1, last + len(items) + 1)):
            yield words.say("feed_gap", cursor=last)
        keys += [f"{item['event']['source']}#{item['event']['id']}" for item in items]
        cursor, last = items[-1]["cursor"], _count(items[-1]["cursor"])
    if missing := day.keys - set(keys):
        yield words.say("feed_lacks", missing=len(missing), events=day.count, first=min(missing))


def _count(cursor: int | str) -> int:
    """The number of the event in the feed: the last digits of its cursor, which have no gap."""
    return int(str(cursor).rpartition("-")[2])


def _report(transcript: Transcript, day: Day, outcome: Outcome, root: Path, as_json: bool) -> None:
    console, words = transcript.console, transcript.words
    transcript.add_heading(words.say("how_it_ended"))
    console.print(report.make_needs_table(day, words))
    report.print_waiting(console, day, words)
    transcript.add_heading(words.say("laws"))
    report.print_laws(console, outcome.laws, words)
    console.print()
    for found in outcome.wrong:
        console.print(f"  {words.say('deviation', found=found)}", style="red", markup=False, soft_wrap=True)
    verdict = words.say("as_it_should") if outcome.ok else words.say("not_as_it_should", folder=str(root / "log"))
    sums = words.say(
        "sums", needs=len(day.needs), events=day.count, calls=outcome.calls, seconds=f"{outcome.seconds:.1f}",
        verdict=verdict,
    )  # fmt: skip
    console.print(f"  {sums}", style="bold green" if outcome.ok else "bold red", soft_wrap=True)
    if as_json:
        print(json.dumps(_to_json(day, outcome), ensure_ascii=False, indent=2))


def _to_json(day: Day, outcome: Outcome) -> dict[str, object]:
    return {
        "ok": outcome.ok,
        "needs": report.to_json(day, outcome.words),
        "laws": outcome.laws,
        "wrong": outcome.wrong,
        "events": day.count,
        "api_calls": outcome.calls,
        "seconds": round(outcome.seconds, 2),
    }


def _stay(transcript: Transcript, addresses: StackAddresses) -> None:
    console, words = transcript.console, transcript.words
    console.print(f"\n  {words.say('stack_stays', address=addresses['gateway_url'] + '/docs')}", soft_wrap=True)
    console.print(f"  {words.say('stack_key', key=addresses['admin_token'])}", soft_wrap=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        console.print(f"  {words.say('stopping')}")
