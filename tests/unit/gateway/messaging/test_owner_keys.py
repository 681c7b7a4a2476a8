"""The gateway seals for an owner once it has announced its key, and never sends it anything in clear again."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from actors import ANYBODY
from pydantic_core import from_json, to_json

from services.gateway.messaging import owner_keys
from services.gateway.messaging.broker import Request
from services.gateway.messaging.commands import Commands, Origin
from services.gateway.messaging.owner_keys import OwnerKeys
from services.gateway.messaging.queries import Queries
from services.gateway.tracing import NoTracer
from shared.contracts import Refused
from shared.contracts.access.sealed import KEY_QUERIES, SEALED, PublicKeyAnswer
from shared.contracts.charity.donors import DonorAnswer, ReadDonor, RegisterDonor
from shared.engine.amqp.broker import Delivery
from shared.engine.amqp.wire import open_command
from shared.engine.run.queries import QueryRunner
from shared.runtime.keyring import KeyRing
from shared.runtime.vault import Vault

RING = KeyRing.of_key(bytes(32))
ROTATED = RING.with_key(bytes([1] * 32)).retire()
DONOR = RegisterDonor(name="Lin Mei", phone="13700000000")
ORIGIN = Origin(ANYBODY, "POST", "/v1/donors", "k", "c", state={"body_digest": "digest"})


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owner_keys, "FIRST_SECONDS", 0.05)
    monkeypatch.setattr(owner_keys, "AGAIN_SECONDS", 0.001)


def announce(ring: KeyRing) -> PublicKeyAnswer:
    key = Vault(ring, "charity").wire_key()
    return PublicKeyAnswer(key_id=key.id, key=base64.urlsafe_b64encode(key.public).decode())


class Rows:
    """The collection of the keys in the gateway's store."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.full = asyncio.Event()
        """Set once each owner has a row."""

    def __getitem__(self, _: str) -> "Rows":
        return self

    async def find_one(self, rule: dict[str, str]) -> dict[str, Any] | None:
        return self.rows.get(rule["_id"])

    async def replace_one(self, rule: dict[str, str], row: dict[str, Any], *, upsert: bool) -> None:
        assert upsert
        self.rows[rule["_id"]] = row
        if self.rows.keys() == KEY_QUERIES.keys():
            self.full.set()


class Owner:
    """Charity behind a broker, with a ring of keys; of release 0.2 where there is none."""

    def __init__(self, ring: KeyRing | None) -> None:
        self.ring = ring
        self.sent: list[Request] = []
        self.asked = 0

    async def key(self, _: str) -> PublicKeyAnswer | None:
        self.asked += 1
        return None if self.ring is None else announce(self.ring)

    async def ask(self, request: Request, _: float) -> bytes:
        self.sent.append(request)
        assert self.ring is not None or SEALED not in request.headers, "release 0.2 opens nothing"
        properties = {"message_id": request.message_id, "type": request.type, "application_headers": request.headers}
        came = Delivery("charity.commands", 1, request.body, properties, "charity", redelivered=False)
        try:
            vault = None if self.ring is None else Vault(self.ring, "charity")
            assert open_command(came, vault).body == DONOR.model_dump_json().encode()
        except Refused as refusal:
            return to_json({"error": refusal.to_json()})
        return b'{"ok":{"id":"donor_1","version":1,"area":""}}'


class NoPause:
    async def is_paused(self, _: str) -> bool:
        return False


class OpenDoor:
    def admit(self) -> None:
        """Refuse nothing."""


def send(owner: Owner, keys: OwnerKeys | None = None) -> Awaitable[DonorAnswer]:
    keys = keys or OwnerKeys(owner.key)
    commands = Commands(owner, 1.0, NoPause(), OpenDoor(), NoTracer(), owner_keys=keys)  # type: ignore[arg-type]
    return commands.send(DONOR, DonorAnswer, ORIGIN)


def run(work: Callable[[], Awaitable[Any]]) -> Any:
    async def within() -> Any:
        return await work()

    return asyncio.run(within())


def test_a_command_is_sealed_for_an_owner_that_has_announced_its_key() -> None:
    owner = Owner(RING)
    assert run(lambda: send(owner)).id == "donor_1"
    (request,) = owner.sent
    assert b"Lin" not in request.body
    assert "digest" not in str(request.headers)


def test_an_owner_of_release_0_2_gets_it_in_clear() -> None:
    owner = Owner(None)
    run(lambda: send(owner))
    assert owner.sent[0].body == DONOR.model_dump_json().encode()
    assert owner.sent[0].headers["body_digest"] == "digest"


async def silent(_: str) -> PublicKeyAnswer | None:
    raise Refused("unavailable", "no_answer_now", service="charity")


def test_nothing_is_sent_to_an_owner_that_is_away_before_its_key_is_known() -> None:
    owner = Owner(RING)
    with pytest.raises(Refused) as refused:
        run(lambda: send(owner, OwnerKeys(silent)))
    assert (refused.value.code, refused.value.rule) == ("unavailable", "owner_key_unknown")
    assert owner.sent == []


def starting(owner: Owner, asked: int) -> Callable[[str], Awaitable[PublicKeyAnswer | None]]:
    """The owner's answer, from that question on."""

    async def ask(service: str) -> PublicKeyAnswer | None:
        answer = await owner.key(service)
        return answer if owner.asked >= asked else await silent(service)

    return ask


def test_a_message_waits_for_an_owner_that_starts_beside_the_gateway() -> None:
    owner = Owner(RING)
    assert run(lambda: send(owner, OwnerKeys(starting(owner, 3)))).id == "donor_1"
    assert SEALED in owner.sent[0].headers


def test_the_owners_are_asked_when_the_gateway_starts() -> None:
    owner, rows = Owner(RING), Rows()

    async def play() -> None:
        async with OwnerKeys(starting(owner, 7), rows) as keys:  # type: ignore[arg-type]
            await asyncio.wait_for(rows.full.wait(), 5)
            asked = owner.asked
            await send(owner, keys)
            assert owner.asked == asked, "the message need not ask"

    run(play)


def test_the_word_of_an_owner_that_takes_messages_in_clear_holds_for_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    owner, now = Owner(None), [100.0]
    monkeypatch.setattr(owner_keys, "monotonic", lambda: now[0])

    async def play() -> None:
        keys = OwnerKeys(lambda service: owner.key(service) if now[0] == 100 else silent(service))
        await send(owner, keys)
        now[0] += 5
        await send(owner, keys)
        now[0] += 10
        with pytest.raises(Refused, match="owner_key_unknown"):
            await send(owner, keys)

    run(play)
    assert len(owner.sent) == 2


def test_an_owner_that_has_replaced_its_key_gets_it_again_with_the_new_one() -> None:
    owner = Owner(RING)

    async def play() -> None:
        keys = OwnerKeys(owner.key)
        await send(owner, keys)
        owner.ring = ROTATED
        await send(owner, keys)

    run(play)
    assert [request.headers[SEALED] for request in owner.sent] == [RING.ids[0], RING.ids[0], ROTATED.ids[0]]
    assert len({request.message_id for request in owner.sent}) == 1


def test_who_has_announced_a_key_is_never_sent_anything_in_clear_again_after_no_restart() -> None:
    rows, owner = Rows(), Owner(RING)
    run(lambda: send(owner, OwnerKeys(owner.key, rows)))  # type: ignore[arg-type]

    async def denies(_: str) -> PublicKeyAnswer | None:
        return None

    for ask in (silent, denies):
        run(lambda ask=ask: send(owner, OwnerKeys(ask, rows)))  # type: ignore[misc]
    assert all(SEALED in request.headers for request in owner.sent)


def test_the_owner_is_asked_once_however_many_messages_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    owner = Owner(RING)

    async def play() -> None:
        keys = OwnerKeys(owner.key)
        await asyncio.gather(*(send(owner, keys) for _ in range(10)))
        await send(owner, keys)
        assert owner.asked == 1
        monkeypatch.setattr(owner_keys, "monotonic", lambda: float("inf"))
        await keys.find("charity")
        await asyncio.sleep(0)

    run(play)
    assert owner.asked == 2


class Answering:
    """Charity's queries behind a broker."""

    def __init__(self, *, seals: bool = True, former: bool = False) -> None:
        self.seals = seals
        self.seen: list[bytes] = []
        vault = None if former else Vault(RING, "charity")
        handlers = {"ReadDonor": lambda *_: None, "ReadPublicKey": lambda *_: announce(RING)}
        if former:
            del handlers["ReadPublicKey"]
        self.runner = QueryRunner("charity", handlers, None, lambda: None, vault)  # type: ignore[arg-type,return-value]

    async def ask(self, request: Request, _: float) -> bytes:
        self.seen.append(request.body)
        (asked,) = from_json(request.body)["args"]
        reply = self.runner.answer(asked)
        return to_json({"result": reply if self.seals or "sealed" not in reply else {"ok": None}})


def test_a_query_about_a_person_and_its_answer_travel_sealed() -> None:
    owner = Answering()
    queries = Queries(owner, 1.0, NoTracer())  # type: ignore[arg-type]
    query = ReadDonor(donor_id="donor_1")
    assert run(lambda: queries.ask(query, actor=ANYBODY, why="her call of Monday")) is None
    assert len(owner.seen) == 2, "the key, and the question"
    assert b"Monday" not in b"".join(owner.seen)
    assert b"donor_1" not in b"".join(owner.seen)


def test_an_answer_in_clear_to_a_sealed_query_is_not_believed() -> None:
    queries = Queries(Answering(seals=False), 1.0, NoTracer())  # type: ignore[arg-type]
    with pytest.raises(Refused, match="answer_failed"):
        run(lambda: queries.ask(ReadDonor(donor_id="donor_1"), actor=ANYBODY, why="a call"))


def test_an_owner_of_release_0_2_does_not_know_the_question_for_its_key_and_is_asked_in_clear() -> None:
    owner = Answering(former=True)
    queries = Queries(owner, 1.0, NoTracer())  # type: ignore[arg-type]
    assert run(lambda: queries.ask(ReadDonor(donor_id="donor_1"), actor=ANYBODY, why="a call")) is None
    assert b"donor_1" in owner.seen[-1]


def test_no_query_about_a_person_goes_to_an_owner_that_is_away_before_its_key_is_known() -> None:
    asked: list[bytes] = []

    async def ask(request: Request, _: float) -> bytes:
        asked.append(request.body)
        raise Refused("deadline", "no_answer_in_time", service="charity", seconds=1)

    queries = Queries(SimpleNamespace(ask=ask), 1.0, NoTracer())  # type: ignore[arg-type]
    with pytest.raises(Refused, match="owner_key_unknown"):
        run(lambda: queries.ask(ReadDonor(donor_id="donor_1"), actor=ANYBODY, why="a call"))
    assert b"donor_1" not in b"".join(asked)
