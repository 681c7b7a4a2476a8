"""Settings of the webhook worker."""

from pydantic import Field

from services.gateway.settings import GatewaySettings
from shared.runtime.settings import AmqpUri, PemFile


class WebhookSettings(GatewaySettings):
    """Settings of the process that delivers webhooks. It uses MongoDB alone, so it needs no user of RabbitMQ."""

    amqp_uri: AmqpUri | None = Field(default=None, repr=False)  # type: ignore[assignment]  # it sends no messages
    webhook_ca_file: PemFile = None
    """Authorities that certificates of endpoints are checked against, as PEM, besides the system's."""
    webhook_origin: str = Field(default="lianshan", pattern=r"^[A-Za-z0-9.:-]{1,253}$")
    """The name by which an endpoint knows this platform in the handshake, mostly a host's name."""
