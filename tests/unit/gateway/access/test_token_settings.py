"""A provider of identities is declared wholly or not at all, and its words for roles mean the roles of the table."""

import json

import pytest

from services.gateway.identity_provider import MOST_VALUES
from services.gateway.settings import GatewaySettings
from shared.runtime.settings import SettingError, read

DECLARED = {
    "LIANSHAN_AMQP_URI": "amqp://localhost/",
    "LIANSHAN_MONGO_URI": "mongodb://localhost/?replicaSet=rs0",
    "LIANSHAN_OIDC_ISSUER": "https://id.example/",
    "LIANSHAN_OIDC_AUDIENCE": "lianshan",
    "LIANSHAN_OIDC_KEYS_URL": "https://id.example/keys",
    "LIANSHAN_OIDC_ROLES": '{"street-worker": ["station_worker", "reader"]}',
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in DECLARED.items():
        monkeypatch.setenv(name, value)


def test_without_a_provider_no_token_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in DECLARED:
        if "OIDC" in name:
            monkeypatch.setenv(name, "")
    assert read(GatewaySettings).identity_provider is None


def test_a_declared_provider_has_its_mapping() -> None:
    provider = read(GatewaySettings).identity_provider
    assert provider is not None
    assert provider.roles == {"street-worker": {"station_worker", "reader"}}
    assert provider.algorithms == {"RS256", "PS256", "ES256", "EdDSA"}


@pytest.mark.parametrize("name", [name for name in DECLARED if "OIDC" in name])
def test_half_a_declaration_names_the_missing_setting(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(name)
    with pytest.raises(SettingError, match=f"{name}: is missing"):
        read(GatewaySettings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LIANSHAN_OIDC_ALGORITHMS", "RS256,HS256"),
        ("LIANSHAN_OIDC_ALGORITHMS", "none"),
        ("LIANSHAN_OIDC_ALGORITHMS", ","),
        ("LIANSHAN_OIDC_ROLES", "station_worker"),
        ("LIANSHAN_OIDC_ROLES", '["station_worker"]'),
        ("LIANSHAN_OIDC_ROLES", '{"x": "station_worker"}'),
        ("LIANSHAN_OIDC_ROLES", '{"x": []}'),
        ("LIANSHAN_OIDC_ROLES", '{"x": ["system"]}'),
        ("LIANSHAN_OIDC_ROLES", '{"x": [["reader"]]}'),
        ("LIANSHAN_OIDC_ROLES", json.dumps({f"x{n}": ["reader"] for n in range(MOST_VALUES + 1)})),
        ("LIANSHAN_OIDC_KEYS_URL", "http://id.example/keys"),
        ("LIANSHAN_OIDC_KEYS_URL", "https://name:word@id.example/keys"),
        ("LIANSHAN_OIDC_KEYS_URL", "file:///etc/keys"),
        ("LIANSHAN_OIDC_CA_FILE", "/nowhere.pem"),
    ],
)
def test_an_unfit_declaration_is_refused_by_its_setting(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingError, match=name):
        read(GatewaySettings)


def test_plain_http_is_for_this_machine_in_development_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANSHAN_OIDC_KEYS_URL", "http://127.0.0.1:9/keys")
    assert read(GatewaySettings).identity_provider is not None
    monkeypatch.setenv("LIANSHAN_MONGO_URI", "mongodb://mongo.example/?replicaSet=rs0")
    with pytest.raises(SettingError, match="LIANSHAN_OIDC_KEYS_URL"):
        read(GatewaySettings)
