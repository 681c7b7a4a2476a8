"""Tracing, as far as it costs nothing: nothing of OpenTelemetry's SDK is imported before a collector is named."""

import os
from typing import TYPE_CHECKING, Final

from shared.runtime.settings import ServiceSettings

if TYPE_CHECKING:
    from shared.runtime.otlp import Spans

_DISABLED: Final = "OTEL_SDK_DISABLED"


def open_spans(settings: ServiceSettings, service: str) -> "Spans | None":
    """What records the service's spans; None where no collector is named, or OTEL_SDK_DISABLED is true."""
    if not settings.otlp_endpoint or os.environ.get(_DISABLED, "").strip().lower() == "true":
        return None
    from shared.runtime.otlp import Sender, Spans  # noqa: PLC0415 - 0.1 s and 12 MB that only a collector is worth

    return Spans(Sender(settings.otlp_endpoint), service, settings.trace_sample)
