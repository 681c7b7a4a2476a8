"""Settings of the gateway's two processes, from their environment."""

from functools import cached_property
from pathlib import Path
from typing import Annotated, Final, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from services.gateway.endpoint_addresses import Network, read_networks
from services.gateway.identity_provider import (
    ALGORITHMS,
    Provider,
    check_keys_url,
    read_algorithms,
    read_roles,
)
from shared.runtime.addresses import ClientTls
from shared.runtime.development import refuse_outside
from shared.runtime.secretfiles import variable
from shared.runtime.settings import CityZone, DataKey, PemFile, ServiceSettings
from shared.runtime.webhook_signatures import LEAST_BYTES, PREFIX, is_secret
from shared.words import Language

MOST_NODES: Final = 20
MOST_REPORT_SECRETS: Final = 3
"""The secrets of reports that count at once: a new one, that of before, and one by mistake."""
LEAST_FEED_DAYS: Final = 90
"""Undelivered messages of webhooks (30 days) and the restore of a backup read events of the feed for so long."""


def _check_urls(text: str) -> str:
    urls = [url.strip() for url in text.split(",") if url.strip()]
    for url in urls:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("must be like http://rabbitmq:15692/metrics, several with commas between")
    if len(urls) > MOST_NODES:
        raise ValueError(f"names {len(urls)} nodes, and {MOST_NODES} are the most")
    return text


MetricsUrls = Annotated[str, AfterValidator(_check_urls)]


def _check_networks(text: str) -> str:
    read_networks(text)
    return text


def _check_algorithms(text: str) -> str:
    read_algorithms(text)
    return text


def _check_roles(text: str) -> str:
    read_roles(text)
    return text


def _check_secrets(text: str) -> str:
    secrets = text.split()
    if not all(map(is_secret, secrets)):
        raise ValueError(
            f"must be {PREFIX} and {LEAST_BYTES} random bytes or more in base64, several with a space between"
        )
    if len(secrets) > MOST_REPORT_SECRETS:
        raise ValueError(f"has {len(secrets)} secrets, and {MOST_REPORT_SECRETS} are the most: remove the former ones")
    return text


def _check_feed_days(days: int) -> int:
    if 0 < days < LEAST_FEED_DAYS:
        raise ValueError(f"must be 0, which keeps every event, or at least {LEAST_FEED_DAYS}")
    return days


FeedDays = Annotated[int, Field(ge=0, le=36_500), AfterValidator(_check_feed_days)]


class GatewaySettings(ServiceSettings):
    """Settings of the HTTP API and of the projector. Neither opens personal data, so neither needs the data key."""

    data_key: DataKey | None = Field(default=None, repr=False)  # type: ignore[assignment]  # it opens nothing
    gather_milliseconds: int = Field(default=100, ge=0, le=250)
    """See ServiceSettings. Views are shown, and no step of the city follows from them."""
    http_host: str = "127.0.0.1"
    http_port: int = Field(default=8080, ge=0, le=65535)
    admin_key_file: Path = Path("var/admin_key")
    """Where the first start leaves the admin key, readable by its owner alone."""
    access_log_folder: Path | None = None
    """The folder of the access log, one file a day and process; without it each request is a line of the log."""
    access_log_days: int = Field(default=190, ge=184, le=3650)
    """Days for which files of the access log are kept: six months at least (Cybersecurity Law, art. 21)."""
    command_seconds: float = Field(default=10, gt=0, le=120)
    """How long a caller waits for a service to answer a command."""
    query_seconds: float = Field(default=5, gt=0, le=60)
    max_in_flight: int = Field(default=512, ge=1, le=100_000)
    """Requests that wait for a service at once; those beyond are refused with 503."""
    broker_metrics_urls: MetricsUrls = ""
    """The metrics of RabbitMQ's nodes for Prometheus, with commas between: commands are refused before an alarm."""
    rate_per_second: float = Field(default=1000, gt=0)
    """Requests a second and key in the long run."""
    rate_burst: int = Field(default=4000, ge=1)
    answer_rate_per_second: float = Field(default=20, gt=0)
    """Requests a second of one address for the pages of answer links, and ten times as many in all, with a burst of as
    many as in five seconds; behind a proxy all have the proxy's.
    """
    settle_milliseconds: int = Field(default=500, ge=0, le=10_000)
    """How long an answer waits until the views show its change."""
    need_duplicate_days: int = Field(default=30, ge=1, le=365)
    """Days after its registration in which a need of the same place and theme is warned of as a likely duplicate."""
    key_cache_seconds: float = Field(default=5, ge=0, le=300)
    """How long a revoked key may still pass in another replica."""
    session_hours: float = Field(default=12, gt=0, le=720)
    """How long a session of a person who has signed in lasts at most."""
    session_idle_minutes: float = Field(default=30, ge=2, le=43_200)
    """How long a session may stay unused; its uses are kept to the minute."""
    max_streams: int = Field(default=200, ge=1, le=10_000)
    """Open Server-Sent Events streams at once."""
    max_streams_of_one: int = Field(default=100, ge=1, le=10_000)
    """Open streams of one principal, so that nobody keeps the others out."""
    head_seconds: float = Field(default=10, gt=0, le=300)
    """How long a connection may take until the headers of its request are whole."""
    body_seconds: float = Field(default=30, gt=0, le=3600)
    """How long a body may take from the headers on."""
    write_seconds: float = Field(default=60, gt=0, le=3600)
    """The longest time for a peer to read data that waits to be sent to it; then its connection is closed."""
    max_connections: int = Field(default=4096, ge=1, le=1_000_000)
    """Open connections; never more than the process has file descriptors for."""
    max_connections_of_one: int = Field(default=1024, ge=1, le=1_000_000)
    """Open connections of one address; behind a proxy all have the proxy's."""
    max_unread_bytes: int = Field(default=64 * 1024 * 1024, ge=16 * 1024 * 1024)
    """Bytes of all answers that their peers do not take; beyond it the slowest of the greediest peer are closed."""
    max_body_bytes: int = Field(default=1024 * 1024, ge=1024)
    max_batch_bytes: int = Field(default=8 * 1024 * 1024, ge=1024)
    max_bodies_bytes: int = Field(default=16 * 1024 * 1024, ge=1024)
    """Bytes of the bodies of all requests at work, half of them for one principal; a body beyond waits, then it is
    refused with 503.
    """
    bodies_wait_seconds: float = Field(default=5, ge=0, le=60)
    """How long a body waits until those of other requests leave room for it."""
    language: Language = "en"
    """The language of sentences for a caller whose Accept-Language names none that there is."""
    city_time_zone: CityZone = "Asia/Shanghai"
    """The time zone of China in which sentences show instants. Days of reports are those of the legal time."""

    feed_days: FeedDays = 0
    """Days for which the feed keeps every event; of older ones it keeps the last about each subject. 0 keeps all."""

    webhook_key: DataKey | None = Field(default=None, repr=False)
    """The key that the secrets of webhooks are sealed with: 32 bytes in base64. Without it there are no webhooks, and
    no external ids of exports, which keys derived from it hide.

    A key of its own: the data key opens personal data, and never comes near a process that calls strangers.
    """
    webhook_networks: Annotated[str, AfterValidator(_check_networks)] = ""
    """Networks that are not public and that webhooks may lead to all the same, with commas between; in these alone
    plain HTTP is allowed, too.
    """

    notice_report_secret: Annotated[str, AfterValidator(_check_secrets)] = Field(default="", repr=False)
    """The secret by which the city's message gateway signs its reports about notices: `whsec_` and random bytes in
    base64. Several, with spaces between, count all: so one takes the place of another. Without it no report is taken.
    """
    notice_reports_per_second: float = Field(default=100, gt=0)
    """Signed reports a second in the long run, with a burst of as many as in five seconds."""

    oidc_issuer: str = Field(default="", max_length=1024)
    """The provider of identities whose tokens count beside keys, exactly as its tokens name it (`iss`). Without it,
    the audience and the address of its keys no token counts.
    """
    oidc_audience: str = Field(default="", max_length=1024)
    """The name of this platform at the provider (`aud`)."""
    oidc_keys_url: str = Field(default="", max_length=2048)
    """The address of the provider's key set (`jwks_uri`), by https; in development also by http of this machine."""
    oidc_algorithms: Annotated[str, AfterValidator(_check_algorithms)] = ",".join(ALGORITHMS)
    """The algorithms of signatures that count, with commas between."""
    oidc_roles_claim: str = Field(default="roles", min_length=1, max_length=256)
    """The claim of a person's roles at the provider; dots lead into others, as `realm_access.roles`."""
    oidc_roles: Annotated[str, AfterValidator(_check_roles)] = ""
    """The roles here for each value of that claim, as JSON: `{"street-worker": ["station_worker"]}`."""
    oidc_area_claim: str = Field(default="area", min_length=1, max_length=256)
    """The claim of the area code that bounds a person; `*` reaches everywhere, and without it nothing does."""
    oidc_keys_hours: float = Field(default=24, gt=0, le=168)
    """How long the provider's keys stay usable while it is away."""
    oidc_ca_file: PemFile = None
    """Authorities for the provider's certificate besides the system's, as PEM."""

    @model_validator(mode="after")
    def _check_provider(self) -> Self:
        given = {name: getattr(self, name) for name in ("oidc_issuer", "oidc_audience", "oidc_keys_url", "oidc_roles")}
        if not any(given.values()):
            return self
        for name, value in given.items():
            if not value:
                raise ValueError(f"{variable(name)}: is missing; a provider of identities needs it, too")
        listeners = {"http_host": self.http_host, "health_host": self.health_host}
        try:
            check_keys_url(
                self.oidc_keys_url, development=refuse_outside(self.amqp_uri, self.mongo_uri, listeners) is None
            )
        except ValueError as error:
            raise ValueError(f"{variable('oidc_keys_url')}: {error}") from None
        try:
            ClientTls(self.oidc_ca_file).context()
        except OSError as error:  # an error of TLS is one, too
            raise ValueError(f"{variable('oidc_ca_file')}: cannot be read as PEM ({error.strerror})") from None
        return self

    @cached_property
    def identity_provider(self) -> Provider | None:
        """The provider of identities; None where tokens are switched off."""
        if not self.oidc_issuer:
            return None
        return Provider(
            issuer=self.oidc_issuer,
            audience=self.oidc_audience,
            keys_url=self.oidc_keys_url,
            algorithms=read_algorithms(self.oidc_algorithms),
            roles_claim=self.oidc_roles_claim,
            area_claim=self.oidc_area_claim,
            roles=read_roles(self.oidc_roles),
            keys_seconds=self.oidc_keys_hours * 3600,
            ca_file=None if self.oidc_ca_file is None else str(self.oidc_ca_file),
        )

    @property
    def allowed_webhook_networks(self) -> tuple[Network, ...]:
        """Return the networks that webhooks may lead to although they are not public."""
        return read_networks(self.webhook_networks)

    @property
    def notice_report_secrets(self) -> tuple[str, ...]:
        """Return the secrets by which reports about notices may be signed."""
        return tuple(self.notice_report_secret.split())

    @property
    def metrics_of_broker(self) -> list[str]:
        """Return the addresses of the nodes' metrics."""
        return [url.strip() for url in self.broker_metrics_urls.split(",") if url.strip()]

    @cached_property
    def city_zone(self) -> ZoneInfo:
        """The city's time zone."""
        return ZoneInfo(self.city_time_zone)
