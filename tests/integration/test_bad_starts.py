"""The message of a process that cannot start: one line that names the setting, soon, and nothing half-started."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import stacks
from lianshan_command import lianshan
from service_processes import run_service
from stacks import Isolated, Servers

from shared.engine.amqp.broker import close_quietly, connect
from shared.engine.amqp.topology import mark

pytestmark = pytest.mark.integration
PROCESSES = ("stations", "gateway.projector", "gateway")
"""Charity and volunteering start as stations does."""
SECRET = "secret-word"
SECONDS = 90.0
NOWHERE = "127.0.0.1:1"
Done = subprocess.CompletedProcess[str]


def with_login(uri: str, user: str, password: str) -> str:
    parts = urlsplit(uri)
    return parts._replace(netloc=f"{user}:{password}@{parts.netloc.rpartition('@')[2]}").geturl()


@pytest.fixture(scope="module")
def room(servers: Servers) -> Iterator[Isolated]:
    """Ready for everyone."""
    with stacks.isolated(servers, furnished=True) as made:
        yield made


def started(room: Isolated, folder: Path, process: str, **changes: str) -> Done:
    own = {"LIANSHAN_HTTP_PORT": "0", "LIANSHAN_ADMIN_KEY_FILE": str(folder / "admin_key")}
    return run_service(process, {**room.environment, **own, **changes})


def started_whole(room: Isolated, process: str, **changes: str) -> Done:
    """As an operator starts it: the output of the imports would be seen as well."""
    return subprocess.run(
        [sys.executable, "-m", f"services.{process}"],
        env={**room.environment, **changes}, capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip


def all_started(room: Isolated, folder: Path, **changes: str) -> list[Done]:
    with ThreadPoolExecutor(len(PROCESSES)) as pool:
        return list(pool.map(lambda process: started(room, folder, process, **changes), PROCESSES))


def assert_told(done: Done, setting: str, words: str, code: int = 1) -> None:
    assert done.returncode == code, done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"{setting}: ")
    assert words in line
    assert SECRET not in line
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("AMQP_URI", f"amqp://someone:{SECRET}@{NOWHERE}/", "check that it runs, its host and its port"),
        ("AMQP_URI", SECRET, "does not let this user in: check the user, its password"),
        pytest.param(
            "MONGO_URI",
            f"mongodb://someone:{SECRET}@{NOWHERE}/?directConnection=true",
            "no MongoDB answers at mongodb://",
            marks=pytest.mark.faults,  # it takes the seconds that a server is given to answer
        ),
        ("MONGO_URI", SECRET, "does not let this user in: check the user, its password"),
    ],
    ids=["no RabbitMQ", "wrong RabbitMQ password", "no MongoDB", "wrong MongoDB password"],
)
def test_a_server_that_is_away_or_refuses_ends_the_start(
    room: Isolated, tmp_path: Path, setting: str, value: str, words: str
) -> None:
    if value == SECRET:
        value = with_login(room.amqp_uri if setting == "AMQP_URI" else room.mongo_uri, "someone", SECRET)
    for done in all_started(room, tmp_path, **{f"LIANSHAN_{setting}": value}):
        assert_told(done, f"LIANSHAN_{setting}", words)


@pytest.mark.parametrize("process", PROCESSES)
def test_a_start_that_fails_prints_one_line_whatever_was_imported(room: Isolated, process: str) -> None:
    assert_told(started_whole(room, process, LIANSHAN_DATA_KEY="short"), "LIANSHAN_DATA_KEY", "", 2)


def test_an_old_topology_or_none_ends_the_start_and_says_how_to_renew_it(isolated: Isolated, tmp_path: Path) -> None:
    for done in all_started(isolated, tmp_path):
        assert_told(done, "LIANSHAN_AMQP_URI", "run `lianshan topology apply`")
    isolated.declare()
    connection = connect(isolated.amqp_uri, "test")
    connection.channel().exchange_delete(mark())
    close_quietly(connection)
    for done in all_started(isolated, tmp_path):
        assert_told(done, "LIANSHAN_AMQP_URI", "are those of another release")


@pytest.mark.parametrize(
    ("process", "changes", "setting", "code"),
    [
        ("stations", {"LIANSHAN_AMQP_PASSWORD_FILE": "/nowhere/at/all"}, "LIANSHAN_AMQP_PASSWORD_FILE", 2),
        ("gateway", {"LIANSHAN_HTTP_TLS_CERT_FILE": "/nowhere/at/all"}, "LIANSHAN_HTTP_TLS_CERT_FILE", 2),
        ("gateway", {"LIANSHAN_ADMIN_KEY_FILE": "/proc/admin_key"}, "LIANSHAN_ADMIN_KEY_FILE", 1),
    ],
)
def test_a_file_that_cannot_be_used_ends_the_start(
    room: Isolated, tmp_path: Path, *, process: str, changes: dict[str, str], setting: str, code: int
) -> None:
    assert_told(started(room, tmp_path, process, **changes), setting, "", code)


def test_a_port_that_is_taken_ends_the_start_before_anything_is_consumed(room: Isolated, tmp_path: Path) -> None:
    port = str(urlsplit(room.amqp_uri).port)
    for process, setting in (("stations", "LIANSHAN_HEALTH_PORT"), ("gateway", "LIANSHAN_HTTP_PORT")):
        done = started(room, tmp_path, process, **{setting: port})
        assert_told(done, setting, f"127.0.0.1:{port} is not to be had")


@pytest.mark.parametrize(
    ("arguments", "changes", "words", "code"),
    [
        (["status"], {"LIANSHAN_AMQP_URI": f"nonsense://{SECRET}"}, "LIANSHAN_AMQP_URI: must begin with", 2),
        (["status"], {"LIANSHAN_MONGO_URI": f"mongodb://a:{SECRET}/b@h/"}, "LIANSHAN_MONGO_URI: is no address", 2),
        (["topology"], {"LIANSHAN_AMQP_URI": f"amqp://a:{SECRET}@{NOWHERE}/"}, "LIANSHAN_AMQP_URI: no RabbitMQ", 1),
        pytest.param(
            ["views", "list"],
            {"LIANSHAN_MONGO_URI": f"mongodb://a:{SECRET}@{NOWHERE}/"},
            "LIANSHAN_MONGO_URI: ServerSelectionTimeoutError",
            1,
            marks=pytest.mark.faults,
        ),
        (
            ["topology", "diff"],
            {"LIANSHAN_AMQP_URI_FILE": "/nowhere"},
            "LIANSHAN_AMQP_URI_FILE: LIANSHAN_AMQP_URI is",
            2,
        ),
    ],
)
def test_a_command_says_which_setting_is_wrong(
    room: Isolated, tmp_path: Path, *, arguments: list[str], changes: dict[str, str], words: str, code: int
) -> None:
    done = lianshan({**room.environment, "LIANSHAN_VAR": str(tmp_path / "var"), **changes}, *arguments)
    assert done.returncode == code
    (line,) = done.stderr.splitlines()
    assert words in line
    assert SECRET not in line


@pytest.mark.faults
def test_the_status_names_the_server_that_is_away_and_shows_the_rest(room: Isolated, tmp_path: Path) -> None:
    away = {"LIANSHAN_MONGO_URI": f"mongodb://a:{SECRET}@{NOWHERE}/", "LIANSHAN_VAR": str(tmp_path / "var")}
    done = lianshan({**room.environment, **away}, "status", "--lang", "en")
    assert done.returncode == 1
    assert "no answer: LIANSHAN_MONGO_URI: ServerSelectionTimeoutError" in done.stdout
    assert "charity.events" in done.stdout
    assert SECRET not in done.stdout + done.stderr
