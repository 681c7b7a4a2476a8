"""The message to an operator whose environment is not right."""

import base64
import os

import pytest

from shared.runtime.keyring import KeyRing
from shared.runtime.settings import ServiceSettings, load

KEY = base64.b64encode(bytes(32)).decode()
GOOD = {
    "LIANSHAN_AMQP_URI": "amqp://guest:hidden-word@localhost/",
    "LIANSHAN_MONGO_URI": "mongodb://localhost/?replicaSet=rs0",
    "LIANSHAN_DATA_KEY": KEY,
}


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in os.environ if n.startswith("LIANSHAN_")]:
        monkeypatch.delenv(name)


def environment(monkeypatch: pytest.MonkeyPatch, **changes: str) -> None:
    for name, value in {**GOOD, **changes}.items():
        monkeypatch.setenv(name, value)


def complaints(capsys: pytest.CaptureFixture[str]) -> list[str]:
    with pytest.raises(SystemExit) as end:
        load(ServiceSettings)
    assert end.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err.splitlines()


def test_the_defaults_suffice_when_servers_and_key_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    environment(monkeypatch)
    settings = load(ServiceSettings)
    assert settings.data_key == KeyRing.of_key(bytes(32))
    assert settings.health_port == 0
    assert settings.database_name("charity") == "charity"


def test_a_database_prefix_stands_before_the_services_name(monkeypatch: pytest.MonkeyPatch) -> None:
    environment(monkeypatch, LIANSHAN_DATABASE_PREFIX="trial_")
    assert load(ServiceSettings).database_name("charity") == "trial_charity"


def test_everything_that_is_missing_is_told_in_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    lines = complaints(capsys)
    assert [line.partition(":")[0] for line in lines] == sorted(GOOD, key=list(GOOD).index)
    assert all(": is missing; set it to " in line for line in lines)


@pytest.mark.parametrize(
    ("variable", "value", "rule"),
    [
        ("LIANSHAN_AMQP_URI", "http://localhost", "must begin with amqp:// or amqps:// or pyamqp://"),
        ("LIANSHAN_MONGO_URI", "localhost:27017", "must begin with mongodb:// or mongodb+srv://"),
        ("LIANSHAN_DATA_KEY", "not base64!", "must be base64"),
        ("LIANSHAN_DATA_KEY", base64.b64encode(b"short").decode(), "must be 32 bytes in base64, not 5"),
        ("LIANSHAN_BATCH_LIMIT", "0", "greater than or equal to 1"),
        ("LIANSHAN_BATCH_LIMIT", "2001", "less than or equal to 2000"),
        ("LIANSHAN_HEALTH_PORT", "many", "valid integer"),
        ("LIANSHAN_LOG_LEVEL", "loud", "'debug', 'info', 'warning' or 'error'"),
        ("LIANSHAN_DATABASE_PREFIX", "no spaces", "pattern"),
    ],
)
def test_a_bad_setting_is_told_with_its_variable_and_rule(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], variable: str, value: str, rule: str
) -> None:
    environment(monkeypatch, **{variable: value})
    (line,) = complaints(capsys)
    assert line.startswith(f"{variable}: ")
    assert rule in line


def test_secrets_are_neither_told_nor_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment(monkeypatch)
    shown = repr(load(ServiceSettings))
    assert "hidden-word" not in shown
    assert "data_key" not in shown
    environment(monkeypatch, LIANSHAN_AMQP_URI="http://user:hidden-word@host", LIANSHAN_DATA_KEY="hidden-word")
    assert not any("hidden-word" in line for line in complaints(capsys))
