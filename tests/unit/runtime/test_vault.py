"""Personal data at rest: sealed for its place, by a ring of keys that is replaced while the process runs."""

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.runtime.keyring import FollowedRing, KeyRing, parse_ring
from shared.runtime.vault import PersonalVault, Vault, VaultError, is_personal

KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))
PLACE = ("donors", "donor_1", "name")


def former(key: bytes = KEY) -> Vault:
    """A vault that seals as release 0.2 does."""
    return Vault(key, bound=False)


def changed(sealed: str, place: int, change: int) -> str:
    head, _, body = sealed.rpartition(".")
    raw = bytearray(base64.urlsafe_b64decode(body))
    raw[place % len(raw)] ^= change
    return f"{head}.{base64.urlsafe_b64encode(raw).decode()}"


class TestSealing:
    @given(st.text())
    def test_what_is_sealed_opens_again(self, text: str) -> None:
        assert Vault(KEY).open(Vault(KEY).seal(text, *PLACE), *PLACE) == text

    def test_sealing_twice_does_not_show_that_two_people_share_a_name(self) -> None:
        vault = Vault(KEY)
        assert vault.seal("Lin Mei", *PLACE) != vault.seal("Lin Mei", *PLACE)

    def test_sealed_data_does_not_contain_the_text(self) -> None:
        assert "Lin" not in Vault(KEY).seal("Lin Mei", *PLACE)

    def test_another_key_is_named_by_its_id_with_the_setting(self) -> None:
        sealed = Vault(KEY).seal("Lin Mei", *PLACE)
        with pytest.raises(VaultError, match=f"{Vault(KEY).key_id}.*{Vault(OTHER_KEY).key_id}.*LIANSHAN_DATA_KEY"):
            Vault(OTHER_KEY).open(sealed, *PLACE)

    @given(st.integers(0, 40), st.integers(1, 255), st.booleans())
    def test_any_change_to_sealed_data_is_noticed(self, place: int, change: int, bound: bool) -> None:
        sealed = Vault(KEY, bound=bound).seal("Lin Mei", *PLACE)
        with pytest.raises(VaultError, match="changed or cut off"):
            Vault(KEY).open(changed(sealed, place, change), *PLACE)

    @pytest.mark.parametrize("text", ["", "plain text", "v3.00000000.AAAA", "v1.00000000."])
    def test_what_was_never_sealed_is_refused(self, text: str) -> None:
        with pytest.raises(VaultError, match="not sealed data"):
            Vault(KEY).open(text, *PLACE)

    def test_sealed_data_cannot_pass_for_that_of_another_key(self) -> None:
        sealed = Vault(KEY).seal("Lin Mei", *PLACE).replace(Vault(KEY).key_id, Vault(OTHER_KEY).key_id)
        with pytest.raises(VaultError, match="changed or cut off"):
            Vault(OTHER_KEY).open(sealed, *PLACE)

    def test_a_key_of_the_wrong_length_is_refused(self) -> None:
        with pytest.raises(ValueError, match="32 bytes, not 16"):
            Vault(bytes(16))


class TestPlace:
    @pytest.mark.parametrize(
        "moved", [("donors", "donor_2", "name"), ("donors", "donor_1", "phone"), ("people", "donor_1", "name")]
    )
    def test_a_value_moved_to_another_person_or_field_is_noticed(self, moved: tuple[str, str, str]) -> None:
        with pytest.raises(VaultError, match="another person or field"):
            Vault(KEY).open(Vault(KEY).seal("Lin Mei", *PLACE), *moved)

    def test_no_service_opens_what_another_has_sealed(self) -> None:
        sealed = Vault(KEY, "charity").seal("Lin Mei", *PLACE)
        with pytest.raises(VaultError, match="another person or field"):
            Vault(KEY, "stations").open(sealed, *PLACE)
        assert Vault(KEY, "stations").blind("Lin") != Vault(KEY, "charity").blind("Lin")
        assert Vault(KEY, "stations").fingerprint_key != Vault(KEY, "charity").fingerprint_key

    def test_values_of_release_0_2_are_opened_and_written_as_long_as_its_replicas_may_read_them(self) -> None:
        sealed = former().seal("Lin Mei", *PLACE)
        assert sealed.startswith("v1.")
        # Made by the code of release 0.2.
        theirs = "v1.225add64.7lWZ_ngZs960LUU_U96NFD8eUM8KiAd7JK1nwtmX5OjZP8A="
        assert Vault(bytes(range(32)), "charity").open(theirs, *PLACE) == "Lin Mei"
        assert former(bytes(range(32))).blind("Lin Mei") == "xU8kTu6KlqDzsgVuIxGjoNO927F2cJoeUDHD0z0GuKo"
        assert Vault(KEY, "charity").open(sealed, *PLACE) == "Lin Mei"
        # Its keyed hashes are found again.
        assert former().blind("Lin") == Vault(KEY, "any", bound=False).blind("Lin")

    def test_a_bound_value_cannot_be_passed_off_as_one_of_release_0_2(self) -> None:
        sealed = Vault(KEY).seal("Lin Mei", *PLACE)
        with pytest.raises(VaultError, match="changed or cut off"):
            Vault(KEY).open(f"v1{sealed.removeprefix('v2')}", *PLACE)


class TestPersonalKey:
    def test_each_person_has_a_key_that_opens_nothing_of_another(self) -> None:
        vault = Vault(KEY, "charity")
        (wrapped, mine), (_, other) = vault.make_key("data_keys", "1"), vault.make_key("data_keys", "2")
        sealed = mine.seal("Lin Mei", *PLACE)
        assert is_personal(sealed)
        assert vault.open_key(wrapped, "data_keys", "1").open(sealed, *PLACE) == "Lin Mei"
        with pytest.raises(VaultError, match="another person"):
            other.open(sealed, *PLACE)

    def test_a_value_moved_to_another_field_of_the_same_person_is_noticed(self) -> None:
        mine = PersonalVault(KEY, "charity")
        with pytest.raises(VaultError, match="another person or field"):
            mine.open(mine.seal("Lin Mei", *PLACE), "donors", "donor_1", "phone")

    def test_a_data_key_moved_to_another_person_is_noticed(self) -> None:
        vault = Vault(KEY, "charity")
        wrapped, _ = vault.make_key("data_keys", "1")
        with pytest.raises(VaultError, match="another person"):
            vault.open_key(wrapped, "data_keys", "2")


class TestKept:
    def test_what_the_law_keeps_is_sealed_by_a_key_of_its_own_for_its_place(self) -> None:
        vault = Vault(KEY, "charity")
        sealed = vault.kept.seal("Lin Mei", *PLACE)
        assert not is_personal(sealed)
        assert vault.open(sealed, *PLACE) == "Lin Mei"
        for place in (("donors", "donor_2", "name"), ("donors", "donor_1", "phone")):
            with pytest.raises(VaultError, match="another person or field"):
                vault.open(sealed, *place)
        with pytest.raises(VaultError, match="another person or field"):
            Vault(KEY, "stations").open(sealed, *PLACE)

    def test_neither_it_nor_a_value_of_the_service_is_passed_off_as_the_other(self) -> None:
        vault = Vault(KEY, "charity")
        kept, sealed = vault.kept.seal("Lin Mei", *PLACE), vault.seal("Lin Mei", *PLACE)
        for value in (f"v2{kept.removeprefix('k1')}", f"k1{sealed.removeprefix('v2')}"):
            with pytest.raises(VaultError, match="changed or cut off"):
                vault.open(value, *PLACE)

    def test_it_opens_as_long_as_the_ring_has_its_key(self) -> None:
        before = KeyRing.of_key(KEY)
        sealed, after = Vault(before).kept.seal("Lin Mei", *PLACE), before.with_key(OTHER_KEY)
        assert Vault(after).open(sealed, *PLACE) == "Lin Mei"
        with pytest.raises(VaultError, match="sealed with key"):
            Vault(after.retire()).open(sealed, *PLACE)


class TestRing:
    def test_the_first_key_seals_and_all_of_them_open(self) -> None:
        before = KeyRing.of_key(KEY)
        after = before.with_key(OTHER_KEY)
        sealed = Vault(before).seal("Lin Mei", *PLACE)
        assert Vault(after).open(sealed, *PLACE) == "Lin Mei"
        assert Vault(after).key_id == Vault(OTHER_KEY).key_id
        assert not Vault(after).is_current(sealed)

    def test_a_retired_key_opens_nothing_and_keyed_hashes_stay(self) -> None:
        before = KeyRing.of_key(KEY)
        after = before.with_key(OTHER_KEY).retire()
        with pytest.raises(VaultError, match="sealed with key"):
            Vault(after).open(Vault(before).seal("Lin Mei", *PLACE), *PLACE)
        assert Vault(after).blind("Lin") == Vault(before).blind("Lin")
        assert Vault(after).fingerprint_key == Vault(before).fingerprint_key

    def test_after_rotation_nobody_can_put_a_value_of_release_0_2_in_place(self) -> None:
        after = KeyRing.of_key(KEY).with_key(OTHER_KEY).retire()
        with pytest.raises(VaultError, match="put together by hand"):
            Vault(after).open(former(OTHER_KEY).seal("Lin Mei", *PLACE), *PLACE)

    def test_a_ring_is_read_as_it_was_written(self) -> None:
        one = KeyRing.of_key(KEY)
        assert parse_ring(base64.b64encode(KEY).decode()) == one
        for ring in (one, one.with_key(OTHER_KEY), one.with_key(OTHER_KEY).retire()):
            assert parse_ring(f"{ring.to_text()}\n") == ring
            assert not set(ring.to_text()) & set("\"' \n")  # one word, in any file
            assert repr(KEY)[2:10] not in repr(ring)

    @pytest.mark.parametrize(
        "text", ["", "not base64", "AAAA", "ring.", "ring.AAAA", "ring.!", "ring.e30=", "ring.eyJrZXlzIjogMX0="]
    )
    def test_what_holds_no_ring_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"must be|has 1 to"):
            parse_ring(text)


class TestFollowing:
    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        path = tmp_path / "ring"
        path.write_text(KeyRing.of_key(KEY).to_text())
        return path

    def test_a_running_process_takes_up_a_new_ring_within_a_second(self, file: Path) -> None:
        now = [0.0]
        vault = Vault(FollowedRing(KeyRing.of_key(KEY), file, lambda: now[0]))
        assert vault.key_id == Vault(KEY).key_id
        file.write_text(KeyRing.of_key(KEY).with_key(OTHER_KEY).to_text())
        assert vault.key_id == Vault(KEY).key_id
        now[0] += 1
        assert vault.key_id == Vault(OTHER_KEY).key_id

    def test_a_value_sealed_with_a_key_that_is_newer_is_opened_at_once(self, file: Path) -> None:
        vault = Vault(FollowedRing(KeyRing.of_key(KEY), file, lambda: 0.0))
        vault.seal("anything", *PLACE)
        newer = KeyRing.of_key(KEY).with_key(OTHER_KEY)
        file.write_text(newer.to_text())
        assert vault.open(Vault(newer).seal("Lin Mei", *PLACE), *PLACE) == "Lin Mei"

    def test_a_file_that_is_gone_or_half_written_changes_nothing(self, file: Path) -> None:
        now = [0.0]
        vault = Vault(FollowedRing(KeyRing.of_key(KEY), file, lambda: now[0]))
        for damage in (lambda: file.write_text("ring.eyJr"), file.unlink):
            damage()
            now[0] += 1
            assert vault.key_id == Vault(KEY).key_id
