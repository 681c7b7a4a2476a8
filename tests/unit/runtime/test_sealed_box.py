"""Sealed boxes: only the receiver opens the message, and only the sender the answer."""

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from shared.runtime.sealed_box import OVERHEAD_BYTES, BoxError, open_box, seal_box

OWNER, OTHER = (X25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
PUBLIC, OTHERS = (key.public_key().public_bytes_raw() for key in (OWNER, OTHER))
PLACE = b"command\0charity\0RegisterDonor\0m1"


@given(st.binary())
def test_the_receiver_opens_what_was_sealed_for_it(content: bytes) -> None:
    box, _ = seal_box(PUBLIC, content, PLACE)
    assert len(box) == len(content) + OVERHEAD_BYTES
    assert open_box(OWNER, PUBLIC, box, PLACE)[0] == content


def test_nobody_else_opens_it() -> None:
    box, _ = seal_box(PUBLIC, b"Lin Mei", PLACE)
    with pytest.raises(BoxError):
        open_box(OTHER, OTHERS, box, PLACE)


@pytest.mark.parametrize("place", [b"", PLACE + b"2", b"query\0charity"])
def test_a_box_that_is_moved_to_another_message_does_not_open(place: bytes) -> None:
    box, _ = seal_box(PUBLIC, b"Lin Mei", PLACE)
    with pytest.raises(BoxError):
        open_box(OWNER, PUBLIC, box, place)


@given(st.integers(0, 54), st.integers(1, 255))
def test_any_change_is_noticed(place: int, change: int) -> None:
    box = bytearray(seal_box(PUBLIC, b"Lin Mei", PLACE)[0])
    box[place % len(box)] ^= change
    # X25519 takes no notice of the highest bit of a public key; the key that is derived does.
    with pytest.raises(BoxError):
        open_box(OWNER, PUBLIC, bytes(box), PLACE)


@pytest.mark.parametrize("box", [b"", b"short", bytes(32), bytes(64)])
def test_what_is_no_box_is_refused(box: bytes) -> None:
    with pytest.raises(BoxError):
        open_box(OWNER, PUBLIC, box, PLACE)


def test_the_answer_is_opened_by_the_asking_process_alone() -> None:
    box, asker = seal_box(PUBLIC, b"who is it?", PLACE)
    _, another = seal_box(PUBLIC, b"who is it?", PLACE)
    _, owner = open_box(OWNER, PUBLIC, box, PLACE)
    answer = owner.seal(b"Lin Mei")
    assert b"Lin" not in answer
    assert asker.open(answer) == b"Lin Mei"
    with pytest.raises(BoxError):
        another.open(answer)


def test_the_same_message_is_another_box_each_time() -> None:
    assert seal_box(PUBLIC, b"Lin Mei", PLACE)[0] != seal_box(PUBLIC, b"Lin Mei", PLACE)[0]
