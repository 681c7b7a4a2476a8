"""Messages that come sealed for a service: commands and queries, opened for their message alone."""

import base64
from dataclasses import replace
from typing import Any

import pytest
from actors import ANYBODY
from pydantic_core import from_json, to_json

from shared.contracts.access.sealed import SEALED, command_context, query_context
from shared.contracts.messages import MAX_COMMAND_BYTES, QueryEnvelope
from shared.contracts.refusals import Refused
from shared.contracts.volunteering.people import ReadVolunteer
from shared.engine.amqp.broker import Delivery
from shared.engine.amqp.letter_content import open_content, read_content, seal_content
from shared.engine.amqp.wire import MOST_BYTES, open_command
from shared.engine.run.queries import QueryRunner
from shared.runtime.keyring import KeyRing
from shared.runtime.sealed_box import BoxSealer
from shared.runtime.vault import Vault, VaultError

RING = KeyRing.of_key(bytes(32))
VAULT = Vault(RING, "charity")
BODY = b'{"name":"Lin Mei"}'
ACTOR = ANYBODY.model_dump_json()
ADMIN = ACTOR.replace("key_test", "key_admin")


def sealer_for(public: bytes) -> BoxSealer:
    """The sealer of one message, whose secret dies with it."""
    return BoxSealer(public, lambda _: None)


def sealed(vault: Vault = VAULT, *, body: bytes = BODY, kind: str = "RegisterDonor") -> Delivery:
    """A command as the gateway sends it."""
    key = vault.wire_key()
    box = sealer_for(key.public).seal(b"digest\n" + body, command_context("charity", kind, "m1", ACTOR))
    headers = {"actor": ACTOR, SEALED: key.id}
    properties = {"message_id": "m1", "type": kind, "application_headers": headers}
    return Delivery("charity.commands", 1, box, properties, "charity", redelivered=False)


def with_properties(came: Delivery, **changes: Any) -> Delivery:
    return replace(came, properties={**came.properties, **changes})


def with_header(came: Delivery, name: str, value: str) -> Delivery:
    return with_properties(came, application_headers={**came.headers, name: value})


class TestCommand:
    def test_its_owner_opens_it_with_the_digest_of_the_callers_body(self) -> None:
        came = sealed()
        assert b"Lin" not in came.body
        opened = open_command(came, VAULT)
        assert opened.body == BODY
        assert opened.headers == {"actor": ACTOR, "body_digest": "digest"}

    def test_a_command_in_clear_is_taken_as_release_0_2_sends_it(self) -> None:
        clear = Delivery("charity.commands", 1, BODY, {"message_id": "m1"}, "charity", redelivered=False)
        assert open_command(clear, VAULT) is clear

    @pytest.mark.parametrize(
        "moved",
        [
            with_properties(sealed(), message_id="m2"),
            with_properties(sealed(), type="Donate"),
            with_header(sealed(), "actor", ADMIN),
            replace(sealed(), body=b"x" * 100),
            replace(sealed(), body=b""),
        ],
        ids=["another id", "another type", "another actor", "another body", "no body"],
    )
    def test_one_that_was_changed_or_moved_is_refused(self, moved: Delivery) -> None:
        with pytest.raises(Refused, match="sealed_not_openable"):
            open_command(moved, VAULT)

    def test_one_that_was_sealed_without_an_actor_opens_so_that_its_sender_learns_what_is_missing(self) -> None:
        key = VAULT.wire_key()
        box = sealer_for(key.public).seal(b"digest\n" + BODY, command_context("charity", "RegisterDonor", "m1", ""))
        came = with_properties(sealed(), application_headers={SEALED: key.id})
        assert open_command(replace(came, body=box), VAULT).body == BODY

    def test_one_for_another_service_is_refused(self) -> None:
        with pytest.raises(Refused, match="sealed_not_openable"):
            open_command(sealed(), Vault(RING, "stations"))

    def test_one_for_a_key_that_is_gone_asks_its_sender_for_the_new_one(self) -> None:
        rotated = Vault(RING.with_key(bytes([1] * 32)), "charity")
        assert open_command(sealed(), rotated).body == BODY
        with pytest.raises(Refused, match="sealed_for_former_key") as refused:
            open_command(sealed(), Vault(rotated.ring.retire(), "charity"))
        assert refused.value.code == "unavailable"

    def test_one_that_is_too_large_is_not_opened(self) -> None:
        assert len(sealed(body=bytes(MAX_COMMAND_BYTES)).body) <= MOST_BYTES
        with pytest.raises(Refused, match="command_too_large"):
            open_command(replace(sealed(), body=bytes(MOST_BYTES + 1)), VAULT)

    def test_one_that_was_put_aside_unopened_is_sealed_twice_and_opens_for_the_operator(self) -> None:
        kept = seal_content(read_content(sealed()), VAULT, "a/1")
        content = open_content(kept, VAULT, "a/1")
        assert (content.body, content.headers) == (BODY, {"actor": ACTOR, "body_digest": "digest"})
        with pytest.raises(VaultError):
            open_content(kept, VAULT, "a/2")


class TestQuery:
    @staticmethod
    def runner() -> QueryRunner:
        def answer(query: ReadVolunteer, *_: object) -> None:
            if query.volunteer_id == "vol_2":
                raise Refused("not_found", "unknown_id", field="volunteer_id")

        volunteering = Vault(RING, "volunteering")
        return QueryRunner("volunteering", {"ReadVolunteer": answer}, None, lambda: None, volunteering)  # type: ignore[arg-type,return-value]

    @staticmethod
    def ask(volunteer: str, kind: str = "ReadVolunteer", service: str = "volunteering") -> tuple[dict[str, Any], Any]:
        key = Vault(RING, "volunteering").wire_key()
        inner = QueryEnvelope(type=kind, data={"volunteer_id": volunteer}, actor=ANYBODY, why="a call")
        box, answer_key = sealer_for(key.public).seal_question(to_json(inner), query_context(service, kind))
        outer = {"type": kind, "data": {}, "sealed_for": key.id, "box": base64.urlsafe_b64encode(box).decode()}
        return outer, answer_key

    @pytest.mark.parametrize(("volunteer", "reply"), [("vol_1", "ok"), ("vol_2", "error")])
    def test_the_answer_and_a_refusal_are_sealed_for_the_process_that_asked(self, volunteer: str, reply: str) -> None:
        asked, key = self.ask(volunteer)
        answered = self.runner().answer(asked)
        assert list(answered) == ["sealed"]
        assert list(from_json(key.open(base64.urlsafe_b64decode(answered["sealed"])))) == [reply]

    def test_a_query_that_was_moved_to_another_type_is_not_opened(self) -> None:
        asked, _ = self.ask("vol_1", kind="ReadActor")
        answered = self.runner().answer({**asked, "type": "ReadVolunteer"})
        assert answered["error"]["rule"] == "sealed_not_openable"

    def test_the_type_is_the_one_that_it_was_sealed_for_and_not_one_inside(self) -> None:
        asked, _ = self.ask("vol_1")
        key = Vault(RING, "volunteering").wire_key()
        inner = QueryEnvelope(type="ReadActor", data={"volunteer_id": "vol_1"}, actor=ANYBODY, why="a call")
        context = query_context("volunteering", "ReadVolunteer")
        box, answer_key = sealer_for(key.public).seal_question(to_json(inner), context)
        answered = self.runner().answer({**asked, "box": base64.urlsafe_b64encode(box).decode()})
        assert list(from_json(answer_key.open(base64.urlsafe_b64decode(answered["sealed"])))) == ["ok"]

    @pytest.mark.parametrize("box", ["!", "AAAA", "ä"])
    def test_what_is_no_box_is_refused(self, box: str) -> None:
        asked, _ = self.ask("vol_1")
        assert self.runner().answer({**asked, "box": box})["error"]["rule"] == "sealed_not_openable"

    @pytest.mark.parametrize("content", [b"no JSON", b"", b"\xff", b"[" * 1000])
    def test_a_box_without_a_query_is_refused(self, content: bytes) -> None:
        key = Vault(RING, "volunteering").wire_key()
        box = sealer_for(key.public).seal(content, query_context("volunteering", "ReadVolunteer"))
        asked, _ = self.ask("vol_1")
        answered = self.runner().answer({**asked, "box": base64.urlsafe_b64encode(box).decode()})
        assert answered["error"]["rule"] == "sealed_not_openable"
