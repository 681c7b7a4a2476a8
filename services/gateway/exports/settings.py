"""Settings of the process that writes exports."""

from pydantic import Field

from services.gateway.settings import GatewaySettings
from shared.runtime.settings import AmqpUri


class ExportSettings(GatewaySettings):
    """Settings of the process that writes exports. It uses MongoDB alone, so it needs no user of RabbitMQ."""

    amqp_uri: AmqpUri | None = Field(default=None, repr=False)  # type: ignore[assignment]  # it sends no messages
