"""The settings of a service, read from its environment and checked at start."""

import os
import ssl
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    InstanceOf,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from shared.runtime.addresses import (
    ClientTls,
    amqp_with_tls,
    check_amqp,
    check_mongo,
    mongo_with_tls,
    with_password,
)
from shared.runtime.development import refuse_outside
from shared.runtime.keyring import KeyRing, parse_ring
from shared.runtime.secretfiles import PREFIX, SettingError, file_variable, from_files, variable

EXIT_BAD_SETTINGS: Final = 2
"""The exit status after a bad setting; a supervisor does not start the process again."""

_HINTS: Final = {
    "amqp_uri": "set it to RabbitMQ's address, like amqp://user:password@host:5672/vhost",
    "mongo_uri": "set it to a MongoDB replica set's address, like mongodb://host:27017/?replicaSet=rs0",
    "data_key": "set it to 32 random bytes in base64, made by `openssl rand -base64 32`, and keep it safe",
    "otlp_endpoint": "set it, or OTEL_EXPORTER_OTLP_ENDPOINT, to a collector's address for OTLP over HTTP, like "
    "http://collector:4318, or remove both to trace nothing",
}
"""The remedy for a setting that has no usable default."""


def _address(further: Callable[[str], None], *schemes: str) -> AfterValidator:
    def check(text: str) -> str:
        uri = text.strip()  # the line's end, where a shell or a file has left one
        if not uri.startswith(tuple(f"{scheme}://" for scheme in schemes)):
            raise ValueError(f"must begin with {' or '.join(f'{s}://' for s in schemes)}")
        further(uri)
        return uri

    return AfterValidator(check)


def _read_ring(value: object) -> KeyRing:
    if isinstance(value, KeyRing):
        return value
    return KeyRing.of_key(value) if isinstance(value, bytes) else parse_ring(str(value))


def _collector(address: str) -> str:
    if address:
        parts = urlsplit(address)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("must be like http://host:port")
        _ = parts.port  # raises ValueError where it is no number up to 65535
    return address


ZONES_OF_CHINA: Final = ("Asia/Shanghai", "Asia/Urumqi", "Asia/Hong_Kong", "Asia/Macau", "Asia/Taipei")
"""Time zones of the IANA register in which the areas of the national administrative codes lie."""


def _zone_of_china(name: str) -> str:
    # Elsewhere sentences would show other days than those by which deadlines and reports are counted.
    if name not in ZONES_OF_CHINA:
        raise ValueError(f"must be a time zone of China: {', '.join(ZONES_OF_CHINA)}")
    return name


AmqpUri = Annotated[str, _address(check_amqp, "amqp", "amqps", "pyamqp")]
MongoUri = Annotated[str, _address(check_mongo, "mongodb", "mongodb+srv")]
PemFile = Annotated[Path | None, BeforeValidator(lambda path: path or None)]
"""A file of certificates or keys; an empty name means none."""
CityZone = Annotated[str, AfterValidator(_zone_of_china)]
"""The clock by which the people of a city live. Days of law and of reports go by `shared.contracts.legal_days`."""
DataKey = Annotated[InstanceOf[KeyRing], BeforeValidator(_read_ring), NoDecode]


class ServerSettings(BaseSettings):
    """The servers' addresses, passwords and certificates. Each field is read from LIANSHAN_ and its name in capitals.

    The addresses come out complete: with the password and the certificates that were given apart from them.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore", validate_default=False)

    tls_ca_file: PemFile = None
    """The authorities that the servers' certificates are checked against, as PEM; by default the system's."""
    tls_cert_file: PemFile = None
    """The client's certificate, where the servers ask for one, as PEM."""
    tls_key_file: PemFile = None
    """Its key, where it is in a file of its own."""
    amqp_password: str = Field(default="", repr=False)
    """The password of the user that `amqp_uri` names, where the address holds none."""
    mongo_password: str = Field(default="", repr=False)
    """The password of the user that `mongo_uri` names, where the address holds none."""
    amqp_uri: AmqpUri | None = Field(default=None, repr=False)
    mongo_uri: MongoUri | None = Field(default=None, repr=False)

    @property
    def client_tls(self) -> ClientTls:
        """The certificates, for other servers of the same installation."""
        return ClientTls(self.tls_ca_file, self.tls_cert_file, self.tls_key_file)

    @field_validator("amqp_uri", "mongo_uri")
    @classmethod
    def _complete(cls, uri: str | None, info: ValidationInfo) -> str | None:
        given = info.data
        tls = ClientTls(given.get("tls_ca_file"), given.get("tls_cert_file"), given.get("tls_key_file"))
        if uri is None:
            return None
        if password := given.get(f"{str(info.field_name).removesuffix('_uri')}_password"):
            uri = with_password(uri, password)
        try:
            return amqp_with_tls(uri, tls) if info.field_name == "amqp_uri" else mongo_with_tls(uri, tls)
        except OSError:
            return uri  # `_check_tls_files` names the variable of a file that cannot be read

    @model_validator(mode="after")
    def _check_tls_files(self) -> Self:
        _check_pair("tls", self.tls_cert_file, self.tls_key_file)
        if self.tls_ca_file is not None:
            _check_readable("tls_ca_file", ClientTls(ca=self.tls_ca_file))
        return self


class ServiceSettings(ServerSettings):
    """The settings of every service. A service's own class inherits these and the policies of its capabilities."""

    amqp_uri: AmqpUri = Field(repr=False)
    """RabbitMQ, with its virtual host."""
    mongo_uri: MongoUri = Field(repr=False)
    """A MongoDB replica set: transactions need one, of a single node at least."""
    data_key: DataKey = Field(repr=False)
    """The key ring that personal data is sealed with: 32 bytes in base64, or a ring that `lianshan keys` wrote."""
    http_tls_cert_file: PemFile = None
    """The certificate of the HTTP servers of this process, as PEM; without one they speak plain HTTP."""
    http_tls_key_file: PemFile = None
    """Its key, where it is in a file of its own."""
    database_prefix: str = Field(default="", pattern=r"^[a-z0-9_]{0,24}$")
    """The start of the name of the service's database, before the service's name; at most 24 characters."""
    health_host: str = "127.0.0.1"
    health_port: int = Field(default=0, ge=0, le=65535)
    """The port of /healthz, /readyz and /metrics; 0 switches them off."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    otlp_endpoint: Annotated[str, AfterValidator(_collector)] = Field(
        default_factory=lambda: os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", ""), validate_default=True, repr=False
    )
    """The collector of spans, by OTLP over HTTP; without it and OTEL_EXPORTER_OTLP_ENDPOINT none are recorded."""
    trace_sample: float = Field(default=0.1, ge=0, le=1)
    """The share of requests that is traced, from 0 to 1, where the caller does not decide it."""
    batch_limit: int = Field(default=1000, ge=1, le=2000)
    """The most messages that are decided and committed together."""
    gather_milliseconds: int = Field(default=0, ge=0, le=250)
    """How long a small batch of events alone waits for those behind them while they come often, see
    `shared.engine.run.gathering`; 0: not at all.
    """
    prefetch: int = Field(default=2000, ge=1, le=4000)
    """The most messages that the broker delivers before they are acknowledged; never below batch_limit, and at most
    2,048 events and 256 commands, which bounds their bytes.
    """
    outbox_mib: int = Field(default=8192, ge=1, le=1_048_576)
    """The budget of the outbox in MiB: events that are committed and not delivered. At four fifths of it the service
    refuses commands.
    """
    inbox_days: int = Field(default=7, ge=2, le=35)
    """Days for which the keys of handled events are kept; those of commands are kept for 35."""
    audit_days: int = Field(default=1096, ge=184, le=36_500)
    """Days for which the audit is kept: six months at least (Cybersecurity Law, art. 21), by default three years."""
    start_seconds: int = Field(default=60, ge=1, le=600)
    """A start that takes longer has failed: the process ends, and its supervisor starts it again."""
    stop_seconds: int = Field(default=20, ge=1, le=600)
    """A stop that takes longer is cut short, which loses nothing."""
    movable_clock: bool = False
    """Whether `lianshan clock` may move city time: in development only, where all that the process talks to and listens
    on is this machine's loopback.
    """
    failpoints: str = ""
    """For fault tests only, see shared/runtime/failpoints.py."""

    @property
    def events_kept(self) -> timedelta:
        """How long the keys of handled events are kept."""
        return timedelta(days=self.inbox_days)

    def database_name(self, service: str) -> str:
        """Return the name of the MongoDB database that `service` owns."""
        return f"{self.database_prefix}{service}"

    @model_validator(mode="after")
    def _check_http_files(self) -> Self:
        _check_pair("http_tls", self.http_tls_cert_file, self.http_tls_key_file)
        return self

    @model_validator(mode="after")
    def _check_movable_clock(self) -> Self:
        if self.movable_clock:
            listeners = {field: getattr(self, field) for field in ("health_host", "http_host") if hasattr(self, field)}
            if refusal := refuse_outside(self.amqp_uri, self.mongo_uri, listeners):
                raise ValueError(refusal)
        return self


def _check_pair(which: str, certificate: Path | None, key: Path | None) -> None:
    if certificate is not None:
        _check_readable(f"{which}_cert_file", ClientTls(certificate=certificate, key=key))
    elif key is not None:
        raise ValueError(f"{variable(f'{which}_cert_file')}: is missing; name the certificate of the key, too")


def _check_readable(field: str, tls: ClientTls) -> None:
    name = variable(field)
    try:
        tls.context()
    except ssl.SSLError as error:  # before OSError, which it is too
        raise ValueError(
            f"{name}: {tls.ca or tls.certificate} is no certificate in PEM, or its key is missing or another's "
            f"({error.reason or error}); correct the file"
        ) from None
    except OSError as error:
        raise ValueError(f"{name}: {tls.ca or tls.key or tls.certificate} cannot be read ({error.strerror})") from None


S = TypeVar("S", bound=ServerSettings)


def load(cls: type[S]) -> S:
    """Return the settings of the environment; where any is bad, print a line for each and exit with status 2."""
    try:
        return read(cls)
    except SettingError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(EXIT_BAD_SETTINGS) from None


def read(cls: type[S]) -> S:
    """Return the settings of the environment. Raises SettingError with a line for each bad one."""
    values, wrong = from_files(cls.model_fields, os.environ)
    try:
        settings = cls(**values)
    except ValidationError as error:
        parts = {str(part["loc"][0]) if part["loc"] else "": part for part in error.errors()}
        more = [_explain(name, part["type"], part["msg"], values) for name, part in parts.items() if name not in wrong]
        raise SettingError("\n".join([*wrong.values(), *more])) from None
    if wrong:
        raise SettingError("\n".join(wrong.values()))
    return settings


def _explain(field: str, kind: str, message: str, from_file: Mapping[str, str]) -> str:
    """Return a line for a bad setting: its variable, the rule, the remedy; never its value, which may be secret."""
    rule = "is missing" if kind == "missing" else message.removeprefix("Value error, ")
    if not field:
        return rule  # a rule about several settings names them itself
    hint = _HINTS.get(field, "correct it in the environment, or remove it to use the default")
    name = file_variable(field) if field in from_file else variable(field)
    return f"{name}: {rule[:1].lower()}{rule[1:]}; {hint}"
