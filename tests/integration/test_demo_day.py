"""`lianshan demo` from the outside: it plays the whole day on a stack of its own, says how it ended, leaves nothing."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from demo_tap import Sent, Tap, read_logs, read_stores
from languages import chinese_parts, english_parts
from personal_numbers import personal_numbers
from waiting import until

from deploy.lianshan.demo import scene
from deploy.lianshan.demo.event_lines import describe_event
from deploy.lianshan.demo.words import DemoWords
from deploy.lianshan.local.folder import Folder
from deploy.lianshan.local.processes import find_marked
from deploy.lianshan.local.services import SOURCE
from deploy.lianshan.local.state import read_addresses
from shared.contracts import EventData, read_event
from shared.contracts.access.sealed import SEALED
from shared.contracts.subscriptions import ANSWERS_EXCHANGE, COMMANDS_EXCHANGE, EVENTS_EXCHANGE

pytestmark = [pytest.mark.integration, pytest.mark.long]

SECONDS = 240
PROBE = "nobody"
"""The key by which a starting process finds out whether it may send commands."""
PHONES = [str(person.body()["phone"]) for person in scene.volunteers()]
NAMES = [person.name for person in (*scene.volunteers(), *scene.ELDERS)]
KEPT = {
    "stations.needs", "charity.donations", "volunteering.volunteers", "gateway.feed", "gateway.needs",
    "stations.audit", "charity.inbox", "volunteering.timers", "gateway.tasks",
}  # fmt: skip
"""Some of the collections that a day fills: of entities, the feed, views, the audit, the inbox, timers."""


@dataclass(frozen=True)
class Played:
    """A demo's day: its words, its outcome, all that its stack has sent, kept and logged, and its end.

    `status` is its exit status, `left` its processes that were still there then.
    """

    words: str
    told: dict[str, Any]
    sent: list[Sent]
    kept: list[tuple[str, str]]
    logged: list[tuple[str, str]]
    status: int
    left: list[Any]


@contextmanager
def demo(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path, Path]]:
    """Yield the running demo, in Chinese and with its stack left, with the files of its output and its words."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LIANSHAN_")}
    command = [sys.executable, "-m", "deploy.lianshan.cli", "demo", "--json", "--lang", "zh", "--stay"]
    told, words = folder / "told.json", folder / "words.txt"
    with told.open("wb") as out, words.open("wb") as err:
        process = subprocess.Popen(
            [*command, "--var", str(folder)], env={**environment, "PYTHONPATH": str(SOURCE)}, cwd=folder,
            stdout=out, stderr=err,
        )  # fmt: skip
        try:
            yield process, told, words
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(60)


def wait_told(process: subprocess.Popen[bytes], told: Path, words: Path) -> dict[str, Any]:
    """Return the outcome, once the demo has printed it whole."""
    end = time.monotonic() + SECONDS
    while True:
        text = told.read_text()
        if text.endswith("}\n"):
            outcome: dict[str, Any] = json.loads(text)
            return outcome
        assert process.poll() is None, words.read_text()[-4000:]
        assert time.monotonic() < end, words.read_text()[-4000:]
        time.sleep(0.1)


def events_in(sent: Sequence[Sent]) -> int:
    return sum(message.exchange == EVENTS_EXCHANGE for message in list(sent))


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """The day, watched from the start of its broker until it is asked to stop."""
    root = tmp_path_factory.mktemp("watched")
    folder = Folder(root / "demo")
    with demo(root) as (process, told, words):
        with Tap(folder, process) as tap:
            outcome = wait_told(process, told, words)
            # The copies come beside the day: the last of them may come after it was told.
            until(lambda: events_in(tap.sent) >= outcome["events"], "a copy of every event", SECONDS)
        addresses = read_addresses(folder)
        assert addresses is not None
        kept = list(read_stores(addresses["mongo_uri"]))
        process.terminate()
        status = process.wait(SECONDS)
    left = find_marked(folder.secrets["mark"])
    return Played(words.read_text(), outcome, tap.sent, kept, list(read_logs(folder)), status, left)


def test_the_day_ends_as_its_script_says(played: Played) -> None:
    told = played.told
    assert (told["ok"], told["wrong"], told["laws"]) == (True, [], {"L1": [], "L2": [], "L3": [], "L4": []})
    needs = {need["need"]: need for need in told["needs"]}
    assert needs["hardship"]["rings"] == ["station", "community", "street", "district"]
    assert needs["quilts"]["state"] == "cancelled"
    assert needs["warmth"]["state"] == "evaluated"
    assert needs["signing"]["waiting"][0]["next_step"]["text"]
    assert needs["medication"]["volunteers"] == 6
    # An hour and a half of city time each; a begun minute counts.
    assert 6 * 90 <= needs["medication"]["minutes_credited"] <= 6 * 92
    # As they arrived: on a busy machine both may come in one reading.
    assert all(need["first_link_ms"] >= 0 for need in told["needs"] if need["rings"])


def test_it_ends_well_when_it_is_asked_to_stop_and_leaves_no_process(played: Played) -> None:
    assert (played.status, played.left) == (0, [])


def test_the_day_is_chinese_throughout(played: Played) -> None:
    assert english_parts(played.words) == []


def test_the_lines_of_the_same_events_are_english_throughout(played: Played) -> None:
    """The rest of the words, in either language: `test_demo_languages`."""
    rows = [json.loads(text) for place, text in played.kept if place == "gateway.feed"]
    events = [read_event(row["event"]).data for row in rows]
    lines = [describe_event(data, DemoWords("en")) for data in events if isinstance(data, EventData)]
    said = [line.words for line in lines if line is not None]
    assert len(said) > 50
    assert chinese_parts("\n".join(said), scene.names()) == []


def test_the_watch_saw_the_whole_day(played: Played) -> None:
    through = Counter(message.exchange for message in played.sent)
    assert all('"specversion"' in m.text for m in played.sent if m.exchange == EVENTS_EXCHANGE), "it reads bodies"
    assert through[EVENTS_EXCHANGE] >= played.told["events"]
    commands = [message for message in played.sent if message.exchange == COMMANDS_EXCHANGE and message.key != PROBE]
    assert len(commands) >= len(list(scene.volunteers()))
    assert all(SEALED in message.text for message in commands)
    assert through[ANSWERS_EXCHANGE] > 0
    # A view's collection ends with the number of its generation.
    assert KEPT - {place.partition("@")[0] for place, _ in played.kept} == set()
    assert {name.partition(".")[0] for name, _ in played.logged} >= {"stations", "charity", "volunteering", "gateway"}


def test_no_message_document_or_log_of_the_day_holds_the_number_of_a_person(played: Played) -> None:
    """Every event, command, answer, feed row, view, audit row, outbox and inbox row, and every log."""
    sent = {f"{message.exchange} {message.key}": personal_numbers([message.text]) for message in played.sent}
    kept = {place: personal_numbers([text]) for place, text in played.kept}
    logged = {name: personal_numbers([text]) for name, text in played.logged}
    assert {place: numbers for place, numbers in {**sent, **kept, **logged}.items() if numbers} == {}


def test_no_person_is_named_and_no_phone_stands_anywhere(played: Played) -> None:
    """Not even in the command that registers her, nor as `+86139…`, which is no run of exactly eleven digits."""
    texts = [text for _, text in (*played.kept, *played.logged)] + [message.text for message in played.sent]
    whole = "\n".join(texts)
    assert [secret for secret in (*PHONES, *NAMES) if secret in whole] == []
