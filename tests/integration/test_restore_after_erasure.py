"""A person who was erased after the backup is found nowhere in the restored platform, and nothing else has changed.

Personal Information Protection Law, art. 47. The stores searched are also opened, by every key that there is: after the
erasure no key opens anything about the person, but the name that receipts give (Charity Law, art. 38).
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import stacks
from failed_messages import keep
from gateway_stack import (
    AREA,
    EVERYONE,
    RunningGateway,
    created,
    import_areas,
    need,
    running_gateway,
    serve_need,
    until,
    whole_feed,
)
from known_person import KnownPerson, read_databases, read_opened
from lianshan_command import lianshan
from ports import free_port
from stacks import Isolated, Servers

from shared.engine.store.sealing import vault_of_store
from shared.runtime.keyring import parse_ring
from shared.runtime.vault import Vault

pytestmark = [pytest.mark.integration, pytest.mark.long]

PERSON: Final = KnownPerson.invent("Nimbrexel", 4821, "慕容听雪")
STATISTICS: Final = ("/v1/coverage", "/v1/timebank", "/v1/funds", "/v1/stock", "/v1/dispatches", "/v1/donations")
RECEIPT: Final = {"charity.donors": ["name"]}
"""The data of the person that stays: the name of the donor, by the key of receipts."""
People = dict[str, str]


@pytest.fixture
def before(servers: Servers, tmp_path: Path) -> Iterator[RunningGateway]:
    """The platform of which the backup is made."""
    folder = tmp_path / "before"
    folder.mkdir()
    with running_gateway(servers, folder, EVERYONE) as running:
        yield running


@pytest.fixture
def restored(servers: Servers, before: RunningGateway, tmp_path: Path) -> Iterator[RunningGateway]:
    """The empty servers to restore into, with the same key ring; nothing of it runs yet."""
    folder = tmp_path / "restored"
    folder.mkdir()
    with stacks.isolated(servers, furnished=True) as room:
        target = RunningGateway(
            replace(room, data_key=before.room.data_key), folder, f"http://127.0.0.1:{free_port()}",
            key_file=before.key_file,
        )  # fmt: skip
        yield target
        for name in list(target.processes):
            target.processes.pop(name).kill()


def ring_of(room: Isolated) -> Vault:
    return Vault(parse_ring(room.data_key))


def live(api: httpx.Client) -> People:
    """The person serves another's need, gives money, is in need and a guardian; external ids and reasons name them."""
    import_areas(api)
    served, helper = serve_need(api, **PERSON.registered(AREA), location=PERSON.place, birth_year=None)
    donor = created(api, "/v1/donors", PERSON.registered(AREA))
    fund = created(api, "/v1/funds", {"area": AREA, "name": "Elm Lane fund"})
    created(api, "/v1/donations", {"fund_id": fund, "donor_id": donor, "amount_fen": 500})
    station = api.get(f"/v1/needs/{served}").json()["station_id"]
    title = f"Rice for {PERSON.name}, {PERSON.telephone}, {PERSON.identity_number}, {PERSON.address}"
    words = {"title": title, "location": PERSON.place, "external_id": PERSON.external_id}
    own = created(api, "/v1/needs", need(station, **words))
    until(lambda: api.get(f"/v1/needs/{own}").is_success, "the need is shown")
    created(api, "/v1/consents", PERSON.as_guardian("need", own, "need_words"))
    cancelled = api.post(f"/v1/needs/{own}/cancel", json={"reason": PERSON.address, "reason_code": "no_longer_needed"})
    assert cancelled.is_success, cancelled.text
    until(lambda: api.get(f"/v1/donors/{donor}").is_success, "the donor is shown")
    return {"volunteer": helper, "donor": donor, "need": own}


def keep_dead_letter(gateway: RunningGateway) -> None:
    """A registration of the person has failed."""
    with gateway.database("charity") as store:
        vault = vault_of_store(store, ring_of(gateway.room), "charity")
        body = json.dumps(PERSON.registered(AREA), ensure_ascii=False).encode()
        keep(store, "charity.commands", body, id="dead-1", kind="command", type="RegisterDonor", vault=vault)


def statistics(api: httpx.Client) -> dict[str, Any]:
    return {path: api.get(path).raise_for_status().json() for path in STATISTICS}


def erase(api: httpx.Client, people: People) -> str:
    asked = [{"kind": kind, "id": name} for kind, name in people.items()]
    return created(api, "/v1/erasures", {"people": asked, "ground": "consent_withdrawn", "area": AREA})


def await_report(api: httpx.Client, erasure: str) -> None:
    def report() -> dict[str, Any] | None:
        found: dict[str, Any] = api.get(f"/v1/erasures/{erasure}").json()
        return found if found.get("state") == "done" else None

    assert {one["state"] for one in until(report, "the erasure is done")["people"]} == {"erased"}


def opened(room: Isolated) -> dict[str, list[str]]:
    """The values about the person that the keys of the store still open."""
    return PERSON.find_all(read_opened(room.mongo_uri, room.database_prefix, ring_of(room)))


def marked(room: Isolated) -> set[str]:
    """The places of the marks by which the person is found."""
    wanted = [mark.encode() for mark in PERSON.marks(ring_of(room))]
    databases = read_databases(room.mongo_uri, room.database_prefix)
    return {where for where, content in databases if any(mark in content for mark in wanted)}


def in_clear(room: Isolated) -> dict[str, list[str]]:
    return PERSON.find_all(read_databases(room.mongo_uri, room.database_prefix))


def require_found(room: Isolated) -> None:
    """The search finds the person: by the keys each particular, without them the marks alone."""
    assert set().union(*opened(room).values()) == set(PERSON.particulars)
    assert marked(room) >= {"charity.donors", "volunteering.volunteer_people", "volunteering.person_claims"}
    assert in_clear(room) == {}


def make_backup(room: Isolated, folder: Path) -> Path:
    """A backup, without its copy of the journal: only a later one may be restored with."""
    made = lianshan(room.environment, "backup", str(folder), "--json")
    assert made.returncode == 0, made.stderr
    told = json.loads(made.stdout)
    Path(told["journal"]).unlink()
    return Path(told["file"])


def require_forgotten(gateway: RunningGateway, api: httpx.Client, people: People, counted: dict[str, Any]) -> None:
    """Nobody finds, reads or copies anything of the person, by any path; figures and seals are as before."""
    room = gateway.room
    assert (opened(room), marked(room), in_clear(room)) == (RECEIPT, set(), {})
    assert PERSON.find_in(json.dumps(whole_feed(api), ensure_ascii=False).encode()) == []
    for wanted in ({"phone": PERSON.telephone}, {"identity_number": PERSON.identity_number}):
        assert api.post("/v1/people/look-up", json={**wanted, "why": "a call"}).json()["items"] == []
    asked = [{"kind": kind, "id": name} for kind, name in people.items()]
    copy = api.post("/v1/people/copies", json={"people": asked, "reason": "asked_by_person"})
    assert copy.json()["complete"]
    assert PERSON.find_in(copy.content) == ["name"], "the receipt's alone"
    assert statistics(api) == counted
    verified = lianshan(room.environment, "audit", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_a_person_erased_since_the_backup_is_nowhere_in_the_restored_platform(
    before: RunningGateway, restored: RunningGateway, tmp_path: Path
) -> None:
    with before.client() as api:
        people = live(api)
        keep_dead_letter(before)
        require_found(before.room)
        counted = statistics(api)
        backup = make_backup(before.room, tmp_path / "backups")
        erasure = erase(api, people)
        journal = tmp_path / "journal.jsonl"
        exported = lianshan(before.room.environment, "erasures", "export", str(journal))
        assert exported.returncode == 0, exported.stderr

        refused = lianshan(restored.room.environment, "restore", str(backup))
        assert (refused.returncode, "journal of erasures" in refused.stderr) == (1, True)
        assert list(read_databases(restored.room.mongo_uri, restored.room.database_prefix)) == []
        done = lianshan(restored.room.environment, "restore", str(backup), "--journal", str(journal))
        assert done.returncode == 0, done.stderr
        assert (opened(restored.room), marked(restored.room), in_clear(restored.room)) == (RECEIPT, set(), {})

        await_report(api, erasure)
        require_forgotten(before, api, people, counted)
    for name in list(before.processes):
        before.processes.pop(name).kill()

    for name in EVERYONE:
        restored.start(name)
    restored.wait_ready()
    with restored.client() as api:
        await_report(api, erasure)
        require_forgotten(restored, api, people, counted)
