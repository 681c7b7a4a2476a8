"""A store of another release line: nothing starts on it, nothing writes to it, and the line on the screen says why."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from lianshan_command import lianshan
from pymongo import MongoClient
from service_processes import run_service
from stacks import Isolated

from shared.engine.store.release_mark import LINE, RELEASE, find_foreign, mark_store
from shared.runtime.version import VERSION

pytestmark = pytest.mark.integration
PROCESSES = ("stations", "charity", "volunteering", "gateway", "gateway.projector")
COMMANDS = (("up",), ("migrate",), ("pause", "charity"), ("resume", "charity"))


def store_of_0_1_0(isolated: Isolated, service: str, *, collection: str = "inbox") -> str:
    """A database as 0.1.0 leaves it: with its collections, and without a mark."""
    with MongoClient[dict[str, Any]](isolated.mongo_uri) as client:
        database = client[f"{isolated.database_prefix}{service}"]
        database[collection].insert_one({"_id": "first", "keys": ["event:1"]})
        return database.name


def assert_refused(done: subprocess.CompletedProcess[str], name: str, by: str) -> None:
    said = " ".join(done.stderr.split())
    assert done.returncode == 1, said
    assert f"the database {name} was written by Lianshan {by}, and this is Lianshan {VERSION}" in said
    assert f"Keep Lianshan {by} running, or start {VERSION} with an empty database" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("process", PROCESSES)
def test_no_process_starts_on_a_store_of_0_1_0(isolated: Isolated, process: str):
    isolated.declare()
    name = store_of_0_1_0(isolated, process.removesuffix(".projector"))
    assert_refused(run_service(process, isolated.environment), name, "0.1.0")
    with MongoClient[dict[str, Any]](isolated.mongo_uri) as client:
        assert client[name].list_collection_names() == ["inbox"], "nothing is changed"


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_command_writes_to_a_store_of_0_1_0(isolated: Isolated, command: tuple[str, ...], tmp_path: Path):
    isolated.declare()
    name = store_of_0_1_0(isolated, "charity")
    assert_refused(lianshan(isolated.environment, *command, "--var", str(tmp_path)), name, "0.1.0")
    with MongoClient[dict[str, Any]](isolated.mongo_uri) as client:
        assert client[name].list_collection_names() == ["inbox"]


def test_a_store_names_the_release_line_that_wrote_it(isolated: Isolated):
    with MongoClient[dict[str, Any]](isolated.mongo_uri, tz_aware=True) as client:
        database = client[f"{isolated.database_prefix}charity"]
        assert find_foreign(database) is None, "an empty database is anybody's"
        mark_store(database, datetime.now(UTC))
        database["inbox"].insert_one({"keys": []})
        assert find_foreign(database) is None
        assert (database[RELEASE].find_one() or {})["line"] == LINE
        database[RELEASE].update_one({}, {"$set": {"line": "7.1", "by": "7.1.3"}})
        mark_store(database, datetime.now(UTC))
        assert "was written by Lianshan 7.1.3" in (find_foreign(database) or ""), "a mark stays"
