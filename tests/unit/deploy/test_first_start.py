"""The address that the first start of a MongoDB is told: its required parts, named in a line."""

import pytest

from deploy.lianshan.first_start import FirstStartError, Wanted


def test_the_address_of_the_administrator_names_host_set_and_user() -> None:
    wanted = Wanted.of("mongodb://admin:secret@mongo/?replicaSet=rs0")
    assert wanted == Wanted(host="mongo", port=27017, replica_set="rs0", user="admin", password="secret")
    assert Wanted.of("mongodb://admin:secret@db.example:27018/?replicaSet=town").port == 27018


@pytest.mark.parametrize(
    ("uri", "missing"),
    [
        ("mongodb://mongo/?replicaSet=rs0", "an administrator's name"),
        ("mongodb://admin@mongo/?replicaSet=rs0", "a password"),
        ("mongodb://admin:secret@mongo/", "replicaSet"),
    ],
)
def test_what_is_missing_is_named_with_the_setting_and_without_the_password(uri: str, missing: str) -> None:
    with pytest.raises(FirstStartError) as told:
        Wanted.of(uri)
    words = str(told.value)
    assert words.startswith("LIANSHAN_MONGO_URI: ")
    assert missing in words
    assert "secret" not in words
    assert "\n" not in words


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(FirstStartError, match="not an address"):
        Wanted.of("mongo:27017")
