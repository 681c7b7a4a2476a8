"""The switch of tracing: OpenTelemetry's SDK is imported only where a collector is named."""

import os
from typing import TYPE_CHECKING, Final

from shared.runtime.settings import ServiceSettings

if TYPE_CHECKING:
    from shared.runtime.otlp import Spans

_DISABLED: Final = "OTEL_SDK_DISABLED"


def open_spans(settings: ServiceSettings, service: str) -> "Spans | None":
    """Return the recorder of the service's spans; None without a collector, or where OTEL_SDK_DISABLED is true.

    https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
    """
    if not settings.otlp_endpoint or os.environ.get(_DISABLED, "").strip().lower() == "true":
        return None
    from shared.runtime.otlp import Sender, Spans  # noqa: PLC0415 - takes 0.1 s and 12 MB

    return Spans(Sender(settings.otlp_endpoint), service, settings.trace_sample)
