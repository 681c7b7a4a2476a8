"""City time moves in development only: elsewhere a movable clock is refused at start, by the setting and the host."""

import base64
import re
from pathlib import Path

import pytest

from services.gateway.settings import GatewaySettings
from shared.runtime.development import find_members_outside, is_loopback, refuse_outside
from shared.runtime.settings import ServiceSettings, SettingError, read

ROOT = Path(__file__).parents[3]
HERE = {
    "LIANSHAN_AMQP_URI": "amqp://guest:hidden-word@localhost:5672/a",
    "LIANSHAN_MONGO_URI": "mongodb://127.0.0.1:27017,[::1]:27018/?replicaSet=rs0",
    "LIANSHAN_DATA_KEY": base64.b64encode(bytes(32)).decode(),
    "LIANSHAN_MOVABLE_CLOCK": "true",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in HERE.items():
        monkeypatch.setenv(name, value)


def test_on_the_loopback_the_clock_is_movable() -> None:
    assert read(ServiceSettings).movable_clock
    assert read(GatewaySettings).movable_clock


def test_without_the_setting_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIANSHAN_MOVABLE_CLOCK")
    assert not read(ServiceSettings).movable_clock


@pytest.mark.parametrize(
    ("variable", "value", "host"),
    [
        ("LIANSHAN_AMQP_URI", "amqp://guest:hidden-word@broker.example:5672/a", "broker.example"),
        ("LIANSHAN_MONGO_URI", "mongodb://u:hidden-word@127.0.0.1:27017,10.0.0.5:27017/", "10.0.0.5"),
        ("LIANSHAN_MONGO_URI", "mongodb+srv://db.example/", "db.example"),
        ("LIANSHAN_HTTP_HOST", "0.0.0.0", "0.0.0.0"),  # noqa: S104 - it is refused
        ("LIANSHAN_HEALTH_HOST", "::", "::"),
    ],
)
def test_beyond_the_loopback_it_is_refused(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, host: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingError) as refused:
        read(GatewaySettings)
    text = str(refused.value)
    assert text.startswith("LIANSHAN_MOVABLE_CLOCK: must not be true where ")
    assert f"{variable} names {host}:" in text
    assert text.endswith("remove it")
    assert "hidden-word" not in text
    monkeypatch.delenv("LIANSHAN_MOVABLE_CLOCK")
    assert not read(GatewaySettings).movable_clock


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1"])
def test_the_loopback_is_known(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "0.0.0.0", "localhost.example", "1270.0.0.1", "10.0.0.1"])  # noqa: S104
def test_any_other_host_is_none(host: str) -> None:
    assert not is_loopback(host)


def test_a_tunnel_to_a_replica_set_elsewhere_is_seen_by_its_members() -> None:
    assert list(find_members_outside(["127.0.0.1:27017", "mongodb-0.mongodb:27017", "[::1]:27018"])) == [
        "mongodb-0.mongodb:27017"
    ]


def test_a_host_that_is_not_named_is_refused() -> None:
    assert "no host" in str(refuse_outside("amqp:///", "mongodb://localhost/", {}))


def test_no_manifest_carries_the_setting() -> None:
    manifests = [path for part in ("images", "compose", "kubernetes") for path in (ROOT / "deploy" / part).rglob("*")]
    texts = {path: path.read_text(errors="replace") for path in manifests if path.is_file()}
    assert len(texts) > 20
    assert not [path for path, text in texts.items() if re.search("MOVABLE_CLOCK", text)]
