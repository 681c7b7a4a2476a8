"""`lianshan dlq edit` and `show` over a running stack: repaired without losing it, without showing a person."""

import json
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from actors import ANYBODY, HEADERS
from failed_messages import keep
from lianshan_command import lianshan as run_lianshan
from pymongo import MongoClient
from stacks import Isolated, RunningStack
from waiting import until

from deploy.lianshan.dead_letters.repairs import Operator, Repairs
from deploy.lianshan.dead_letters.stored import read_letters
from deploy.lianshan.stores import Stores
from shared.runtime.audit import build_row
from shared.runtime.keyring import parse_ring
from shared.runtime.vault import Vault

pytestmark = pytest.mark.integration

SECONDS = 90.0
FROM = "volunteering.commands"
PERSON = {
    "name": "Lin Mei", "phone": "138 is not all", "area": "110102009017", "location": {"lon": 116.35, "lat": 39.93},
}  # fmt: skip


def lianshan(stack: RunningStack, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return run_lianshan({**stack.environment, **more}, "dlq", *arguments)


def die(uri: str, database: str, key: str, body: Any, **letter: Any) -> None:
    """A dead letter, as if the service had given it up."""
    queue = letter.pop("queue")
    sealed = {
        "vault": Vault(parse_ring(key), queue.partition(".")[0]),
        "headers": HEADERS,
        "properties": {"content_type": "application/json"},
    }
    with MongoClient[dict[str, Any]](uri) as client:
        keep(client[database], queue, json.dumps(body).encode(), **{**sealed, **letter})


def die_of(stack: RunningStack, body: Any, *, queue: str, **letter: Any) -> None:
    key = stack.folder.secrets["data_key"]
    die(stack.addresses["mongo_uri"], queue.partition(".")[0], key, body, queue=queue, **letter)


def audits(stack: RunningStack, letter_id: str) -> list[dict[str, Any]]:
    with MongoClient[dict[str, Any]](stack.addresses["mongo_uri"]) as client:
        return list(client["volunteering"]["audit"].find({"about": letter_id}).sort("at", 1))


def no_letters(stack: RunningStack, queue: str) -> None:
    """The queue's messages have been done, and lie neither dead nor in waiting."""
    with MongoClient[dict[str, Any]](stack.addresses["mongo_uri"]) as client:
        letters = client[queue.partition(".")[0]]["letters"]
        until(lambda: letters.count_documents({"queue": queue}) == 0, f"no failed message of {queue}", SECONDS)
    assert json.loads(lianshan(stack, "list", "--queue", queue, "--json").stdout) == []


def test_a_command_is_shown_without_the_person_edited_and_done_once(stack: RunningStack) -> None:
    letter_id = "edit-1"
    die_of(stack, PERSON, queue=FROM, id=letter_id, kind="command", type="RegisterVolunteer")

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
    good = ("edit", letter_id, "--set", "phone=13800000000", "--why", "a typo", "--by", "op")
    unasked = lianshan(stack, *good)
    assert unasked.returncode == 1
    assert "0 later commands of the same sender" in unasked.stderr
    assert "give --yes" in unasked.stderr
    done = lianshan(stack, *good, "--yes")
    assert done.returncode == 0, done.stderr

    read, changed = audits(stack, letter_id)
    assert (read["what"], read["operator"], read["why"]) == ("dead_letter_read", "op", "her call of today")
    assert (changed["what"], changed["operator"], changed["why"]) == ("dead_letter_edited", "op", "a typo")
    assert changed["body_was"] != changed["body_is"]

    with MongoClient[dict[str, Any]](stack.addresses["mongo_uri"]) as client:
        end = time.monotonic() + SECONDS
        while not client["volunteering"]["inbox"].find_one({"keys": f"command:{letter_id}"}):
            assert time.monotonic() < end, "the edited command was not done"
            time.sleep(0.1)
    no_letters(stack, FROM)


def test_poison_is_made_an_event_in_the_editor_and_what_fails_again_keeps_its_story(
    stack: RunningStack, tmp_path: Path
) -> None:
    letter_id, queue = "edit-2", "charity.events"
    die_of(stack, {"timer": 1}, queue=queue, id=letter_id, type="none")
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
    event |= {"type": "stations.somebody.else", "data": {}}
    editor.write_text(f"#!/bin/sh\nprintf '%s' '{json.dumps(event)}' > $1\n")
    done = lianshan(stack, "edit", letter_id, "--why", "poison", EDITOR=str(editor))
    assert (done.returncode, done.stdout) == (0, f"{letter_id} edited and sent back to charity.events\n"), done.stderr
    no_letters(stack, queue)


def test_a_retry_shows_what_the_sender_has_done_since_and_waits_for_consent(stack: RunningStack) -> None:
    letter_id = "retry-1"
    person = {**PERSON, "phone": "13800000001"}
    letter = {"id": letter_id, "kind": "command", "type": "RegisterVolunteer", "failed": timedelta(days=8)}
    sender = ANYBODY.model_copy(update={"on_behalf_of": "principal_of_the_retry"})
    die_of(stack, person, queue=FROM, headers={"actor": sender.model_dump_json()}, **letter)
    with MongoClient[dict[str, Any]](stack.addresses["mongo_uri"]) as client:
        later = build_row(sender, "RegisterVolunteer", ["vol_later"], datetime.now(UTC), correlation="again")
        client["volunteering"]["audit"].insert_one(later)
    old = lianshan(stack, "retry", letter_id, "--yes")
    assert (old.returncode, "more than 7 days ago" in old.stderr) == (1, True)
    unasked = lianshan(stack, "retry", letter_id, "--max-age", "30")
    assert unasked.returncode == 1
    assert "1 later command of the same sender" in unasked.stderr
    assert "vol_later" in unasked.stderr
    assert audits(stack, letter_id) == []
    done = lianshan(stack, "retry", letter_id, "--max-age", "30", "--yes", "--by", "op", "--json")
    assert done.returncode == 0, done.stderr
    (shown,) = json.loads(done.stdout)["later"]
    assert (shown["later"], shown["latest"][0]["ids"]) == (1, ["vol_later"])
    (row,) = audits(stack, letter_id)
    assert (row["what"], row["operator"]) == ("dead_letter_retried", "op")


def test_one_id_of_several_letters_is_listed_and_nothing_is_done(stack: RunningStack) -> None:
    queues = ("charity.events", "volunteering.events")
    for queue in queues:
        die_of(stack, {"a": 1}, queue=queue, id="twice", type="none")
    why = ("--why", "of two", "--by", "op")
    for command in (["edit", "twice", "--set", "a=2"], ["retry", "twice"], ["drop", "twice"], ["show", "twice"]):
        done = lianshan(stack, *command, *(why if command[0] in ("edit", "drop") else ()))
        assert done.returncode == 1
        assert "charity.events/twice" in done.stderr
        assert "volunteering.events/twice" in done.stderr
        assert "--queue" in done.stderr
    assert lianshan(stack, "drop", "twice", "--queue", queues[0], *why).returncode == 0
    assert lianshan(stack, "drop", f"{queues[1]}/twice", *why).returncode == 0
    (row,) = audits(stack, "twice")
    assert (row["what"], row["operator"], row["why"]) == ("dead_letter_dropped", "op", "of two")


def test_editing_needs_a_reason_and_a_letter(stack: RunningStack) -> None:
    assert "give the reason by --why" in lianshan(stack, "edit", "nobody", "--set", "a=1").stderr
    assert "no dead letter nobody" in lianshan(stack, "edit", "nobody", "--set", "a=1", "--why", "w").stderr


def test_what_an_operator_reads_is_recorded_in_the_audit_of_its_service(furnished: Isolated) -> None:
    environment = {**furnished.environment, "LIANSHAN_VAR": "/nonexistent"}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return run_lianshan(environment, *arguments)

    database = f"{furnished.database_prefix}charity"
    gift = {"queue": "charity.commands", "id": "gift", "kind": "command", "type": "Donate"}
    die(furnished.mongo_uri, database, furnished.data_key, {"donor": "Lin Mei"}, **gift)
    shown = run("dlq", "show", "gift", "--reveal", "--why", "the donor calls", "--by", "op")
    assert shown.returncode == 0, shown.stderr
    with MongoClient[dict[str, Any]](furnished.mongo_uri) as client:
        audit = client[f"{furnished.database_prefix}charity"]["audit"]
        (row,) = audit.find()
        assert (row["about"], row["what"], row["queue"]) == (["gift"], "dead_letter_read", "charity.commands")
        assert (row["by"], row["operator"]) == (["operator"], "op")
        migrated = run("migrate", "charity", "--json")
        assert migrated.returncode == 0, migrated.stderr
        assert list(audit.find()) == [row]


def test_a_repair_is_dated_by_the_clock_of_the_store(stack: RunningStack, monkeypatch: pytest.MonkeyPatch) -> None:
    good = {**PERSON, "phone": "13800000002"}  # it is done then, and leaves the stack well
    die_of(stack, good, queue=FROM, id="dated-1", kind="command", type="RegisterVolunteer")
    with MongoClient[dict[str, Any]](stack.addresses["mongo_uri"], tz_aware=True) as client:
        monkeypatch.setattr("shared.runtime.clock.time", lambda: time.time() + 10 * 24 * 3600)  # the operator's host
        repairs = Repairs(Stores(client, ""), None, Operator("op", "a typo"))
        (letter,) = (one for one in read_letters(repairs.stores, [FROM]) if one.id == "dated-1")
        repairs.retry(letter)
        (row,) = client["volunteering"]["audit"].find({"about": "dated-1"})
        answered = client["volunteering"]["inbox"].find_one({"letter": letter.key}) or {"at": row["at"]}
    assert abs(row["at"] - datetime.now(UTC)) < timedelta(minutes=5)
    assert abs(answered["at"] - datetime.now(UTC)) < timedelta(minutes=5)


def test_one_practises_on_a_letter_that_leaves_nothing_behind(stack: RunningStack) -> None:
    made = lianshan(stack, "practise")
    assert made.returncode == 0, made.stderr
    letters = json.loads(lianshan(stack, "list", "--queue", "charity.events", "--json").stdout)
    (letter,) = (each for each in letters if each["id"] in made.stdout)
    wrong = lianshan(stack, "edit", letter["id"], "--set", "lines=[]", "--why", "practice")
    assert (wrong.returncode, "--set data.lines=VALUE" in wrong.stderr) == (1, True)
    unknown = ("--set", "data.lines=[]", "--set", "data.need_id=need_of_nobody")
    refused = lianshan(stack, "edit", letter["id"], *unknown, "--why", "practice")
    assert (refused.returncode, refused.stderr[:40]) == (1, "lianshan: data.need_id: there is no need")
    mended = lianshan(stack, "edit", letter["id"], "--set", "data.lines=[]", "--why", "practice")
    assert mended.returncode == 0, mended.stderr
    with MongoClient[dict[str, Any]](stack.addresses["mongo_uri"]) as client:
        charity = client["charity"]
        until(lambda: charity["letters"].count_documents({"_id": letter["id"]}) == 0, "it was handled", SECONDS)
        assert charity["links"].count_documents({"_id": {"$regex": "practice"}}) == 0
        assert charity["outbox"].count_documents({}) == 0


def test_nobody_practises_on_servers_elsewhere(stack: RunningStack) -> None:
    elsewhere = {
        **stack.environment, "LIANSHAN_AMQP_URI": "amqp://broker.city/", "LIANSHAN_MONGO_URI": "mongodb://store.city/",
        "LIANSHAN_VAR": str(stack.folder.root / "none"),
    }  # fmt: skip
    refused = run_lianshan(elsewhere, "dlq", "practise")
    assert (refused.returncode, "on a stack of this machine alone" in refused.stderr) == (1, True)
