"""A known person in the raw files of a running stack: in no database, no file of the servers, no log, no metric."""

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import failed_messages
import httpx
import pytest
from gateway_stack import created, need, until
from known_person import KnownPerson, Source, read_databases
from pymongo import MongoClient
from stacks import RunningStack
from waiting import eventually

from shared.engine.store.sealing import vault_of_store
from shared.runtime.keyring import parse_ring
from shared.runtime.vault import Vault

pytestmark = pytest.mark.integration

AREA = "110102009018"
PERSON: Final = KnownPerson.invent("Qorvexin", 3107, "欧阳凌霄")
PUBLIC: Final = "Hall of Zyphorane"
"""A public name that is stored in clear: it shows that the search finds."""
TRACE: Final = "7d3f1c9e5b2a48608f6e4d2c1b0a9382"
"""A trace, which stays readable beside a sealed command: it shows that the command is in RabbitMQ's files."""


def read_files(root: Path) -> Source:
    for path in root.rglob("*"):
        try:
            if path.is_file() and not path.name.startswith("WiredTigerPreplog"):
                yield str(path.relative_to(root)), path.read_bytes().rstrip(b"\0")  # journals are made ahead
        except OSError:  # a server has just removed it
            continue


def read_metrics(stack: RunningStack) -> Source:
    for name, process in stack.processes().items():
        if process["ready_url"]:
            yield name, httpx.get(process["ready_url"].replace("/readyz", "/metrics")).content


@contextmanager
def standing_still(stack: RunningStack, name: str) -> Iterator[None]:
    """The process does not run, so that messages lie in its queue."""
    identity = stack.identity(name)
    assert identity is not None
    os.kill(identity.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(identity.pid, signal.SIGCONT)


def post(stack: RunningStack, path: str, body: dict[str, Any], **headers: str) -> httpx.Response:
    with stack.client() as api:
        return api.post(path, json=body, headers=headers)


DONOR: Final = PERSON.registered(AREA)


def live(stack: RunningStack) -> None:
    """The person is a volunteer, a donor, in need and a guardian; is registered, read, looked up, changed, refused."""
    # A community of its own: a station of the README's would be in the way of its test.
    added = post(stack, "/v1/areas:batch", {"rows": [{"code": AREA, "name": "Elm Lane"}]})
    assert added.status_code < 300, added.text
    volunteer = {**DONOR, "location": PERSON.place}
    made = post(stack, "/v1/volunteers", volunteer)
    assert made.status_code == 201, made.text
    assert post(stack, "/v1/volunteers", volunteer).status_code == 409
    assert post(stack, "/v1/volunteers", {**volunteer, "birth_year": "unknown"}).status_code == 422
    assert post(stack, "/v1/donors", DONOR).status_code == 201
    assert post(stack, "/v1/funds", {"area": AREA, "name": PUBLIC}).status_code == 201
    with stack.client() as api:
        name = eventually(lambda: api.get(f"/v1/volunteers/{made.json()['id']}").json()["name"])
        assert name == PERSON.name
        found = api.post("/v1/people/look-up", json={"identity_number": DONOR["identity_number"], "why": "a call"})
        assert made.json()["id"] in found.text
        stations = api.get("/v1/stations", params={"area": AREA, "state": "open"}).json()["items"]
        station = stations[0]["id"] if stations else created(
            api, "/v1/stations", {"area": AREA, "name": "Elm Lane station", "level": "station"}
        )  # fmt: skip
        words = {"title": f"Rice for {PERSON.name}, {PERSON.telephone}, {PERSON.address}", "location": PERSON.place}
        made_need = created(api, "/v1/needs", need(station, publish=True, **words))
        until(lambda: PERSON.address in api.get(f"/v1/needs/{made_need}").text, "the need is shown with its words")
        created(api, "/v1/consents", PERSON.as_guardian("need", made_need, "need_words"))
        changed = {"location": {**PERSON.place, "lat": 39.935}}
        moved = api.post(f"/v1/volunteers/{made.json()['id']}/change", json=changed)
        assert moved.is_success, moved.text
        cancelled = {"reason": f"{PERSON.name} moved to {PERSON.address}", "reason_code": "no_longer_needed"}
        assert api.post(f"/v1/needs/{made_need}/cancel", json=cancelled).is_success


def keep_dead_letter(stack: RunningStack) -> None:
    with MongoClient[Any](stack.addresses["mongo_uri"]) as client:
        vault = vault_of_store(
            client["charity"], Vault(parse_ring((stack.folder.root / "data_key").read_text())), "charity"
        )
        body = json.dumps(DONOR, ensure_ascii=False).encode()
        queue = "charity.commands"
        failed_messages.keep(
            client["charity"], queue, body, id="raw", kind="command", type="RegisterDonor", vault=vault
        )


def drop_dead_letter(stack: RunningStack) -> None:
    with MongoClient[Any](stack.addresses["mongo_uri"]) as client:
        assert client["charity"]["letters"].delete_many({"_id": {"$regex": "raw$"}}).deleted_count == 1


def read_broker_with_a_command_in_its_queue(stack: RunningStack) -> list[tuple[str, bytes]]:
    root, answers = stack.folder.root / "rabbitmq", list[httpx.Response]()
    another = {**DONOR, "external_id": f"{PERSON.external_id}-2"}
    trace = f"00-{TRACE}-00f067aa0ba902b7-01"
    sending = threading.Thread(target=lambda: answers.append(post(stack, "/v1/donors", another, traceparent=trace)))
    with standing_still(stack, "charity"):
        sending.start()
        until(lambda: any(TRACE.encode() in content for _, content in read_files(root)), "the command is on the disk")
        found = list(read_files(root))
    sending.join(30)
    assert [answer.status_code for answer in answers] == [201]
    return found


def test_a_known_person_is_found_in_no_database_no_file_of_the_servers_no_log_and_no_metric(
    stack: RunningStack,
) -> None:
    live(stack)
    in_broker = read_broker_with_a_command_in_its_queue(stack)
    keep_dead_letter(stack)
    mongo_uri, root = stack.addresses["mongo_uri"], stack.folder.root
    with MongoClient[Any](mongo_uri) as client:
        client.admin.command("fsync")
    places: dict[str, Callable[[], Source]] = {
        "databases": lambda: read_databases(mongo_uri),
        "MongoDB's files": lambda: read_files(root / "mongo"),
        "RabbitMQ's files": lambda: iter(in_broker),
        "logs": lambda: read_files(stack.folder.logs),
        "metrics": lambda: read_metrics(stack),
    }
    found: dict[str, list[str]] = {}
    shows_public: set[str] = set()
    for place, read in places.items():
        for where, content in read():
            if names := PERSON.find_in(content):
                found.setdefault(f"{place}: {where}", []).extend(names)
            if PUBLIC.encode() in content:
                shows_public.add(place)
    drop_dead_letter(stack)
    assert shows_public >= {"databases", "MongoDB's files"}, "the search finds what is stored in clear"
    assert found == {}
