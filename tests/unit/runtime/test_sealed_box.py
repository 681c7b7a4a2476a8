"""Sealed boxes: only the receiver opens the message, and only the sender the answer."""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from shared.runtime.sealed_box import NONCE_BYTES, OVERHEAD_BYTES, PUBLIC_BYTES, BoxError, BoxOpener, BoxSealer

OWNER, OTHER = (BoxOpener(X25519PrivateKey.from_private_bytes(bytes([n]) * 32)) for n in (1, 2))
FORGETS: list[Callable[[], None]] = []
SEALER = BoxSealer(OWNER.public, FORGETS.append)
PLACE = b"command\0charity\0RegisterDonor\0m1"


@given(st.binary())
def test_the_receiver_opens_what_was_sealed_for_it(content: bytes) -> None:
    box = SEALER.seal(content, PLACE)
    assert len(box) == len(content) + OVERHEAD_BYTES
    assert OWNER.open(box, PLACE) == content


def test_nobody_else_opens_it() -> None:
    box = SEALER.seal(b"Lin Mei", PLACE)
    with pytest.raises(BoxError):
        OTHER.open(box, PLACE)


@pytest.mark.parametrize("place", [b"", PLACE + b"2", b"query\0charity"])
def test_a_box_that_is_moved_to_another_message_does_not_open(place: bytes) -> None:
    box = SEALER.seal(b"Lin Mei", PLACE)
    with pytest.raises(BoxError):
        OWNER.open(box, place)


@given(st.integers(0, 70), st.integers(1, 255))
def test_any_change_is_noticed(place: int, change: int) -> None:
    box = bytearray(SEALER.seal(b"Lin Mei", PLACE))
    box[place % len(box)] ^= change
    # X25519 takes no notice of the highest bit of a public key; the key that is derived does.
    with pytest.raises(BoxError):
        OWNER.open(bytes(box), PLACE)


@pytest.mark.parametrize("box", [b"", b"short", bytes(32), bytes(64)])
def test_what_is_no_box_is_refused(box: bytes) -> None:
    with pytest.raises(BoxError):
        OWNER.open(box, PLACE)


def test_the_answer_is_opened_by_the_asking_process_alone() -> None:
    box, asker = SEALER.seal_question(b"who is it?", PLACE)
    _, another = SEALER.seal_question(b"who is it?", PLACE)
    answer = OWNER.answer_key(box).seal(b"Lin Mei")
    assert b"Lin" not in answer
    assert asker.open(answer) == b"Lin Mei"
    with pytest.raises(BoxError):
        another.open(answer)


def test_the_same_message_is_another_box_each_time() -> None:
    assert SEALER.seal(b"Lin Mei", PLACE) != SEALER.seal(b"Lin Mei", PLACE)


def test_messages_of_one_moment_share_a_key_and_no_nonce() -> None:
    first, second = (SEALER.seal(b"Lin Mei", PLACE) for _ in range(2))
    assert first[:PUBLIC_BYTES] == second[:PUBLIC_BYTES]
    nonces = {box[PUBLIC_BYTES : PUBLIC_BYTES + NONCE_BYTES] for box in (first, second)}
    assert len(nonces) == 2
    swapped = (
        first[:PUBLIC_BYTES] + second[PUBLIC_BYTES : PUBLIC_BYTES + NONCE_BYTES] + first[PUBLIC_BYTES + NONCE_BYTES :]
    )
    with pytest.raises(BoxError):
        OWNER.open(swapped, PLACE)


def test_the_sender_forgets_its_secret_when_it_is_told_to_and_then_makes_another() -> None:
    later: list[Callable[[], None]] = []
    sealer = BoxSealer(OWNER.public, later.append)
    before = [sealer.seal(b"Lin Mei", PLACE) for _ in range(3)]
    assert len(later) == 1, "one secret, forgotten once"
    later.pop()()
    after = sealer.seal(b"Lin Mei", PLACE)
    assert {box[:PUBLIC_BYTES] for box in before}.isdisjoint({after[:PUBLIC_BYTES]})
    assert [OWNER.open(box, PLACE) for box in (*before, after)] == [b"Lin Mei"] * 4
    assert len(later) == 1
