"""Personal data at rest."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.runtime.vault import Vault, VaultError

KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))


@given(st.text())
def test_what_is_sealed_opens_again(text: str) -> None:
    assert Vault(KEY).open(Vault(KEY).seal(text)) == text


def test_sealing_twice_does_not_show_that_two_people_share_a_name() -> None:
    vault = Vault(KEY)
    assert vault.seal("Lin Mei") != vault.seal("Lin Mei")


def test_sealed_data_does_not_contain_the_text() -> None:
    assert "Lin" not in Vault(KEY).seal("Lin Mei")


def test_another_key_is_told_by_its_id_and_what_to_set() -> None:
    sealed = Vault(KEY).seal("Lin Mei")
    with pytest.raises(VaultError, match=f"{Vault(KEY).key_id}.*{Vault(OTHER_KEY).key_id}.*LIANSHAN_DATA_KEY"):
        Vault(OTHER_KEY).open(sealed)


@given(st.integers(0, 40), st.integers(1, 255))
def test_any_change_to_sealed_data_is_noticed(place: int, change: int) -> None:
    sealed = Vault(KEY).seal("Lin Mei")
    head, _, body = sealed.rpartition(".")
    raw = bytearray(base64.urlsafe_b64decode(body))
    raw[place % len(raw)] ^= change
    with pytest.raises(VaultError, match="changed or cut off"):
        Vault(KEY).open(f"{head}.{base64.urlsafe_b64encode(raw).decode()}")


@pytest.mark.parametrize("text", ["", "plain text", "v2.00000000.AAAA", "v1.00000000."])
def test_what_was_never_sealed_is_refused(text: str) -> None:
    with pytest.raises(VaultError, match="not sealed data"):
        Vault(KEY).open(text)


def test_sealed_data_cannot_pass_for_that_of_another_key() -> None:
    sealed = Vault(KEY).seal("Lin Mei").replace(Vault(KEY).key_id, Vault(OTHER_KEY).key_id)
    with pytest.raises(VaultError, match="changed or cut off"):
        Vault(OTHER_KEY).open(sealed)


def test_a_key_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes, not 16"):
        Vault(bytes(16))
