"""`lianshan dlq edit` and `show` over a running stack: repaired without losing it, without showing a person."""

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from actors import HEADERS
from lianshan_command import lianshan as run_lianshan
from pymongo import MongoClient
from stacks import Isolated, RunningStack

from deploy.lianshan.dead_letters.queues import open_dead_letters
from shared.engine.amqp.broker import Outgoing, Publisher, close_quietly, connect

pytestmark = pytest.mark.integration

SECONDS = 90.0
DEAD = "volunteering.commands.dead"
PERSON = {
    "name": "Lin Mei", "phone": "138 is not all", "area": "110102009017", "location": {"lon": 116.35, "lat": 39.93},
}  # fmt: skip


def lianshan(stack: RunningStack, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return run_lianshan({**stack.environment, **more}, "dlq", *arguments)


def die(uri: str, queue: str, letter_id: str, body: Any, kind: str) -> None:
    """A dead letter, as if the service had given it up."""
    connection = connect(uri, "test")
    properties: dict[str, Any] = {
        "message_id": letter_id, "type": kind, "content_type": "application/json", "delivery_mode": 2,
        "application_headers": HEADERS,
    }  # fmt: skip
    refused = Publisher(connection).publish([Outgoing("", queue, json.dumps(body).encode(), properties)])
    close_quietly(connection)
    assert not refused


def audits(stack: RunningStack, letter_id: str) -> list[dict[str, Any]]:
    with MongoClient[dict[str, Any]](stack.addresses["mongo_uri"]) as client:
        return list(client["volunteering"]["audit"].find({"about": letter_id}).sort("at", 1))


def test_a_command_is_shown_without_the_person_edited_and_done_once(stack: RunningStack) -> None:
    letter_id = "edit-1"
    die(stack.addresses["amqp_uri"], DEAD, letter_id, PERSON, "RegisterVolunteer")

    shown = lianshan(stack, "show", letter_id)
    assert shown.returncode == 0, shown.stderr
    assert "110102009017" in shown.stdout
    assert "Lin Mei" not in shown.stdout + shown.stderr
    assert lianshan(stack, "show", letter_id, "--reveal").returncode == 1, "no reason was given"
    assert audits(stack, letter_id) == []
    revealed = lianshan(stack, "show", letter_id, "--reveal", "--why", "her call of today", "--by", "op")
    assert "Lin Mei" in revealed.stdout

    bad = lianshan(stack, "edit", letter_id, "--set", "birth_year=1", "--why", "a typo")
    assert bad.returncode == 1
    assert bad.stderr.count("\n") == 1
    assert "138 is not all" not in bad.stderr
    good = lianshan(stack, "edit", letter_id, "--set", "phone=13800000000", "--why", "a typo", "--by", "op")
    assert good.returncode == 0, good.stderr

    read, changed = audits(stack, letter_id)
    assert (read["what"], read["operator"], read["why"]) == ("dead_letter_read", "op", "her call of today")
    assert (changed["what"], changed["operator"], changed["why"]) == ("dead_letter_edited", "op", "a typo")
    assert changed["body_was"] != changed["body_is"]

    with MongoClient[dict[str, Any]](stack.addresses["mongo_uri"]) as client:
        end = time.monotonic() + SECONDS
        while not client["volunteering"]["inbox"].find_one({"keys": f"command:{letter_id}"}):
            assert time.monotonic() < end, "the edited command was not done"
            time.sleep(0.1)
    assert json.loads(lianshan(stack, "list", "--queue", DEAD, "--json").stdout) == []


def test_poison_is_made_an_event_in_the_editor_and_what_fails_again_keeps_its_story(
    stack: RunningStack, tmp_path: Path
) -> None:
    letter_id, queue = "edit-2", "charity.events.dead"
    die(stack.addresses["amqp_uri"], queue, letter_id, {"timer": 1}, "none")
    editor = tmp_path / "editor"
    event = {
        "specversion": "1.0", "id": "x.1.0", "source": "/stations/need", "type": "stations.need.cancelled",
        "subject": "x", "time": "2026-05-04T10:00:00Z", "sequence": "0000000001", "correlationid": "c",
        "causationid": "c", "traceparent": "", "data": {"need_id": "x"},
    }  # fmt: skip
    editor.write_text(f"#!/bin/sh\nprintf '%s' '{json.dumps(event)}' > $1\n")
    editor.chmod(0o700)
    done = lianshan(stack, "edit", letter_id, "--why", "poison", EDITOR=str(editor))
    assert done.returncode == 1, "the data lack what a need says"
    assert "version" in done.stderr
    event["type"] = "stations.somebody.else"
    editor.write_text(f"#!/bin/sh\nprintf '%s' '{json.dumps(event)}' > $1\n")
    done = lianshan(stack, "edit", letter_id, "--why", "poison", EDITOR=str(editor))
    assert (done.returncode, done.stdout) == (0, f"{letter_id} edited and sent back to charity.events\n"), done.stderr
    assert json.loads(lianshan(stack, "list", "--queue", queue, "--json").stdout) == []


def test_looking_at_a_letter_again_and_again_never_loses_it(furnished: Isolated) -> None:
    die(furnished.amqp_uri, DEAD, "often", PERSON, "RegisterVolunteer")
    connection = connect(furnished.amqp_uri, "test")
    for _ in range(60):
        with open_dead_letters(connection, DEAD) as (_, letters):
            assert [letter.id for letter in letters] == ["often"]
    close_quietly(connection)


def test_editing_needs_a_reason_and_a_letter(stack: RunningStack) -> None:
    assert "give the reason by --why" in lianshan(stack, "edit", "nobody", "--set", "a=1").stderr
    assert "no dead letter nobody" in lianshan(stack, "edit", "nobody", "--set", "a=1", "--why", "w").stderr


def test_what_an_operator_reads_is_recorded_in_the_audit_of_its_service(furnished: Isolated) -> None:
    environment = {**furnished.environment, "LIANSHAN_VAR": "/nonexistent"}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return run_lianshan(environment, *arguments)

    die(furnished.amqp_uri, "charity.commands.dead", "gift", {"donor": "Lin Mei"}, "Donate")
    shown = run("dlq", "show", "gift", "--reveal", "--why", "the donor calls", "--by", "op")
    assert shown.returncode == 0, shown.stderr
    with MongoClient[dict[str, Any]](furnished.mongo_uri) as client:
        audit = client[f"{furnished.database_prefix}charity"]["audit"]
        (row,) = audit.find()
        assert (row["about"], row["what"], row["queue"]) == (["gift"], "dead_letter_read", "charity.commands.dead")
        assert (row["by"], row["operator"]) == (["operator"], "op")
        migrated = run("migrate", "charity", "--json")
        assert migrated.returncode == 0, migrated.stderr
        assert list(audit.find()) == [row]
