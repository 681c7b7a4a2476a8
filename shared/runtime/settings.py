"""What a service is told by its environment, checked at start."""

import base64
import binascii
import sys
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX: Final = "LIANSHAN_"
KEY_BYTES: Final = 32
EXIT_BAD_SETTINGS: Final = 2

_HINTS: Final = {
    "amqp_uri": "set it to RabbitMQ's address, like amqp://user:password@host:5672/vhost",
    "mongo_uri": "set it to a MongoDB replica set's address, like mongodb://host:27017/?replicaSet=rs0",
    "data_key": "set it to 32 random bytes in base64, made by `openssl rand -base64 32`, and keep it safe",
}


def _scheme(*schemes: str) -> AfterValidator:
    def check(uri: str) -> str:
        if not uri.startswith(tuple(f"{scheme}://" for scheme in schemes)):
            raise ValueError(f"must begin with {' or '.join(f'{s}://' for s in schemes)}")
        return uri

    return AfterValidator(check)


def _decode_key(value: Any) -> Any:
    if isinstance(value, bytes):
        key = value
    else:
        try:
            key = base64.b64decode(str(value), validate=True)
        except binascii.Error:
            raise ValueError("must be base64") from None
    if len(key) != KEY_BYTES:
        raise ValueError(f"must be {KEY_BYTES} bytes in base64, not {len(key)}")
    return key


AmqpUri = Annotated[str, _scheme("amqp", "amqps", "pyamqp")]
MongoUri = Annotated[str, _scheme("mongodb", "mongodb+srv")]
DataKey = Annotated[bytes, BeforeValidator(_decode_key)]


class ServiceSettings(BaseSettings):
    """What every service needs to know. Each field is read from LIANSHAN_ and its name in capitals.

    A service adds its own policy by a subclass; `load` reads it and explains what is wrong.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore", validate_default=False)

    amqp_uri: AmqpUri = Field(repr=False)
    """RabbitMQ, with its virtual host."""
    mongo_uri: MongoUri = Field(repr=False)
    """A MongoDB replica set: transactions need one, of a single node at least."""
    data_key: DataKey = Field(repr=False)
    """The key that personal data is sealed with: 32 bytes, given in base64."""
    database_prefix: str = Field(default="", pattern=r"^[a-z0-9_]{0,24}$")
    """Put before the service's name to give the name of its database."""
    health_host: str = "127.0.0.1"
    health_port: int = Field(default=0, ge=0, le=65535)
    """Where /healthz, /readyz and /metrics answer; 0 switches them off."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    batch_limit: int = Field(default=500, ge=1, le=2000)
    """The most messages that are decided and committed together."""
    prefetch: int = Field(default=1000, ge=1, le=4000)
    """The most messages that the broker hands over before they are acknowledged; not below batch_limit."""
    start_seconds: int = Field(default=60, ge=1, le=600)
    """A start that takes longer has failed: the process ends, and its supervisor tries again."""
    stop_seconds: int = Field(default=20, ge=1, le=600)
    """A stop that takes longer is cut short; nothing is lost by it."""
    failpoints: str = ""
    """For fault tests only: where the process shall kill itself."""

    def database_name(self, service: str) -> str:
        """The MongoDB database that `service` owns."""
        return f"{self.database_prefix}{service}"


S = TypeVar("S", bound=ServiceSettings)


def load(cls: type[S]) -> S:
    """The settings from the environment; where one is bad, says so in a line each and exits with status 2."""
    try:
        return cls()
    except ValidationError as error:
        for line in explain(error):
            sys.stderr.write(f"{line}\n")
        raise SystemExit(EXIT_BAD_SETTINGS) from None


def explain(error: ValidationError) -> list[str]:
    """A line for each bad setting: its variable, the rule, what to do; never its value, it may be secret."""
    return [_explain(str(part["loc"][0]), part["type"], part["msg"]) for part in error.errors()]


def _explain(field: str, kind: str, message: str) -> str:
    variable = f"{PREFIX}{field.upper()}"
    hint = _HINTS.get(field, "correct it in the environment, or remove it to use the default")
    rule = "is missing" if kind == "missing" else message.removeprefix("Value error, ")
    return f"{variable}: {rule[:1].lower()}{rule[1:]}; {hint}"
