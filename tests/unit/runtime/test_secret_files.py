"""Settings in files, as containers hand over secrets; passwords and certificates apart from the addresses."""

import base64
import os
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from certificates import Authority

from shared.runtime.addresses import amqp_tls, mask_password
from shared.runtime.keyring import KeyRing
from shared.runtime.settings import ServerSettings, ServiceSettings, load

KEY = base64.b64encode(bytes(32)).decode()
AMQP = "LIANSHAN_AMQP_URI"
MONGO = "LIANSHAN_MONGO_URI"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in os.environ if n.startswith("LIANSHAN_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv(AMQP, "amqp://charity@rabbit.example/city")
    monkeypatch.setenv(MONGO, "mongodb://charity@mongo.example/?replicaSet=rs0")
    monkeypatch.setenv("LIANSHAN_DATA_KEY", KEY)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    made = Authority.found(tmp_path_factory.mktemp("tls"), "Test authority")
    made.issue("client")
    return made


def test_an_address_may_name_a_host_in_brackets_behind_another(monkeypatch: pytest.MonkeyPatch) -> None:
    # Python's own urlsplit refuses it since the mend of CVE-2025-0938.
    hosts = "mongo.example:27017,[::1]:27018"
    monkeypatch.setenv(MONGO, f"mongodb://charity@{hosts}/?replicaSet=rs0&tls=true\n")
    monkeypatch.setenv("LIANSHAN_MONGO_PASSWORD", "p@ss")
    uri = load(ServiceSettings).mongo_uri
    assert uri.startswith(f"mongodb://charity:p%40ss@{hosts}/?replicaSet=rs0&tls=true")
    assert "\n" not in uri, "the end of the line is none of the address"
    assert mask_password(uri) == f"mongodb://charity:***@{hosts}/"


def put(folder: Path, text: str) -> str:
    path = folder / "value"
    path.write_text(text)
    return str(path)


def complaint(capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as end:
        load(ServiceSettings)
    assert end.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


@pytest.mark.parametrize("field", ["data_key", "amqp_uri", "health_port"])
def test_any_setting_may_be_given_by_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, field: str) -> None:
    value = {"data_key": KEY, "amqp_uri": "amqp://other@host/", "health_port": "8081"}[field]
    monkeypatch.delenv(f"LIANSHAN_{field.upper()}", raising=False)
    monkeypatch.setenv(f"LIANSHAN_{field.upper()}_FILE", put(tmp_path, f"{value}\n"))
    expected = {"data_key": KeyRing.of_key(bytes(32)), "amqp_uri": value, "health_port": 8081}[field]
    assert getattr(load(ServiceSettings), field) == expected


def test_a_setting_given_twice_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIANSHAN_DATA_KEY_FILE", put(tmp_path, KEY))
    line = complaint(capsys)
    assert line == "LIANSHAN_DATA_KEY_FILE: LIANSHAN_DATA_KEY is set, too; remove one of them"


@pytest.mark.parametrize(
    ("content", "rule"),
    [(None, "cannot be read"), ("", "is empty"), ("\n \n", "is empty"), ("a" * 70_000, "more than")],
)
def test_a_file_without_a_value_is_told_with_its_variable(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    content: str | None,
    rule: str,
) -> None:
    monkeypatch.delenv("LIANSHAN_DATA_KEY")
    path = str(tmp_path / "nothing") if content is None else put(tmp_path, content)
    monkeypatch.setenv("LIANSHAN_DATA_KEY_FILE", path)
    line = complaint(capsys)
    assert line.startswith(f"LIANSHAN_DATA_KEY_FILE: {path} ")
    assert rule in line


def test_a_bad_value_in_a_file_is_told_with_the_files_variable_and_never_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("LIANSHAN_DATA_KEY")
    monkeypatch.setenv("LIANSHAN_DATA_KEY_FILE", put(tmp_path, "hidden-word"))
    line = complaint(capsys)
    assert line.startswith("LIANSHAN_DATA_KEY_FILE: must be ")
    assert "hidden-word" not in line


def test_passwords_from_files_complete_the_addresses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LIANSHAN_AMQP_PASSWORD_FILE", put(tmp_path, "p@ss/word\n"))
    monkeypatch.setenv("LIANSHAN_MONGO_PASSWORD", "simple")
    settings = load(ServiceSettings)
    assert settings.amqp_uri == "amqp://charity:p%40ss%2Fword@rabbit.example/city"
    assert settings.mongo_uri == "mongodb://charity:simple@mongo.example/?replicaSet=rs0"
    assert "p@ss" not in repr(settings)
    assert "simple" not in repr(settings)


@pytest.mark.parametrize(
    ("uri", "rule"),
    [("amqp://host/", "must name a user"), ("amqp://user:secret-a@host/", "holds a password, and another")],
)
def test_a_password_that_fits_no_address_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], uri: str, rule: str
) -> None:
    monkeypatch.setenv(AMQP, uri)
    monkeypatch.setenv("LIANSHAN_AMQP_PASSWORD", "secret-b")
    line = complaint(capsys)
    assert line.startswith(f"{AMQP}: {rule}")
    assert "secret" not in line


@pytest.mark.parametrize(
    ("variable", "uri"),
    [
        (AMQP, "amqp://user:secret/part@host/"),
        (AMQP, "amqp://user:secret@host:seven/"),
        (AMQP, "amqp://"),
        (MONGO, "mongodb://user:secret/part@host/"),
        (MONGO, "mongodb://user:secret@host:seven/"),
        (MONGO, "mongodb://host/?replicaSet"),
    ],
)
def test_a_malformed_address_is_refused_without_being_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], variable: str, uri: str
) -> None:
    monkeypatch.setenv(variable, uri)
    line = complaint(capsys)
    assert line.startswith(f"{variable}: ")
    assert "secret" not in line
    assert "set it to" in line


def test_certificates_reach_only_the_addresses_that_ask_for_tls(
    monkeypatch: pytest.MonkeyPatch, authority: Authority
) -> None:
    monkeypatch.setenv("LIANSHAN_TLS_CA_FILE", str(authority.file))
    plain = load(ServerSettings)
    assert plain.amqp_uri == os.environ[AMQP]
    assert plain.mongo_uri == os.environ[MONGO]
    assert amqp_tls(plain.amqp_uri) is None
    monkeypatch.setenv(AMQP, "amqps://charity@rabbit.example/city")
    monkeypatch.setenv(MONGO, "mongodb://charity@mongo.example/?replicaSet=rs0&tls=true")
    secured = load(ServerSettings)
    told = amqp_tls(secured.amqp_uri or "")
    assert told is not None
    assert told["ca_certs"] == str(authority.file)
    assert told["server_hostname"] == "rabbit.example"
    query = parse_qs(urlsplit(secured.mongo_uri or "").query)
    assert query["tlsCAFile"] == [str(authority.file)]


def test_a_client_certificate_and_its_key_are_joined_for_mongodb(
    monkeypatch: pytest.MonkeyPatch, authority: Authority
) -> None:
    monkeypatch.setenv(MONGO, "mongodb://mongo.example/?tls=true")
    monkeypatch.setenv("LIANSHAN_TLS_CERT_FILE", str(authority.folder / "client.pem"))
    monkeypatch.setenv("LIANSHAN_TLS_KEY_FILE", str(authority.folder / "client.key"))
    query = parse_qs(urlsplit(load(ServerSettings).mongo_uri or "").query)
    joined = Path(query["tlsCertificateKeyFile"][0]).read_text()
    assert "BEGIN CERTIFICATE" in joined
    assert "PRIVATE KEY" in joined


@pytest.mark.parametrize(
    ("changes", "variable"),
    [
        ({"LIANSHAN_TLS_CA_FILE": "missing.pem"}, "LIANSHAN_TLS_CA_FILE"),
        ({"LIANSHAN_TLS_CA_FILE": "client.key"}, "LIANSHAN_TLS_CA_FILE"),
        ({"LIANSHAN_TLS_CERT_FILE": "client.pem"}, "LIANSHAN_TLS_CERT_FILE"),
        ({"LIANSHAN_TLS_KEY_FILE": "client.key"}, "LIANSHAN_TLS_CERT_FILE"),
        ({"LIANSHAN_HTTP_TLS_CERT_FILE": "client.key"}, "LIANSHAN_HTTP_TLS_CERT_FILE"),
        (
            {
                "LIANSHAN_TLS_CERT_FILE": "client.pem",
                "LIANSHAN_TLS_KEY_FILE": "missing.key",
                MONGO: "mongodb://h/?tls=true",
            },
            "LIANSHAN_TLS_CERT_FILE",
        ),
    ],
)
def test_a_certificate_that_cannot_be_used_is_told_with_its_variable(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    authority: Authority,
    changes: dict[str, str],
    variable: str,
) -> None:
    for name, value in changes.items():
        monkeypatch.setenv(name, value if "://" in value else str(authority.folder / value))
    assert complaint(capsys).startswith(f"{variable}: ")


def test_an_address_is_shown_without_its_password() -> None:
    assert mask_password("amqps://user:secret@host:5671/city?certfile=x") == "amqps://user:***@host:5671/city"
    assert mask_password("mongodb://a:1,b:2/?replicaSet=rs0") == "mongodb://a:1,b:2/"
