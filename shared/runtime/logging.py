"""Logs as JSON lines on stderr: what happened, in which service, for which message. Never personal data."""

import logging
import sys
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Final, TextIO

import structlog
from pydantic import ValidationError
from structlog.typing import EventDict, Processor, WrappedLogger

from shared.contracts.traceparent import read

_QUIET: Final = {
    "opentelemetry": logging.CRITICAL,  # of spans that are lost, shared.runtime.otlp tells itself
    "nameko": logging.WARNING,
    "kombu": logging.WARNING,
    "amqp": logging.WARNING,
    "pymongo": logging.WARNING,
    "aiormq": logging.ERROR,
    "asyncio": logging.WARNING,
    "eventlet": logging.WARNING,
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "uvicorn": logging.WARNING,
    "uvicorn.access": logging.CRITICAL,
}
"""Libraries that tell more than an operator wants to know, and from which level on they may speak."""

_SPEAKERS: Final = frozenset({"amqp", "kombu", "pymongo", "nameko", "shared", "deploy", "aiormq"})
"""Packages whose errors speak of servers and programs, not of people, so that their words may be logged."""

_FRAMES: Final = 12
_WORDS: Final = 500


def configure_logging(service: str, level: str = "info", stream: TextIO | None = None) -> None:
    """Send everything that is logged, by structlog or the standard library, to stderr as JSON lines."""
    stream = stream or sys.stderr
    number = logging.getLevelNamesMapping()[level.upper()]
    common: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        _name_service(service),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _tell_failure,
    ]
    structlog.configure(
        processors=[*common, structlog.processors.JSONRenderer(ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=common,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    handler.addFilter(_without_their_words)
    logging.basicConfig(handlers=[handler], level=number, force=True)
    logging.captureWarnings(capture=True)
    for name, quiet in _QUIET.items():
        logging.getLogger(name).setLevel(max(quiet, number))


def get_logger() -> Any:
    """The logger: `log.info("what_happened", key=value)`. Names of events are snake_case words."""
    return structlog.get_logger()


def bind_message(correlation: str, causation: str = "", traceparent: str = "") -> None:
    """Name in every further line of this green thread or task the message that is being worked on, and its trace."""
    place = read(traceparent)
    trace = {} if place is None else {"trace_id": place.trace_id, "span_id": place.span_id}
    structlog.contextvars.bind_contextvars(correlation=correlation, causation=causation, **trace)


def clear_message() -> None:
    """Forget what `bind_message` has bound."""
    structlog.contextvars.unbind_contextvars("correlation", "causation", "trace_id", "span_id")


def describe(error: BaseException) -> str:
    """An error in words that may be logged or kept: its words too where they cannot be about a person."""
    name = type(error).__qualname__
    if isinstance(error, ValidationError):
        parts = (f"{'.'.join(map(str, e['loc']))}: {e['type']}" for e in error.errors(include_input=False))
        return f"{name}: {', '.join(parts)}"[:_WORDS]
    trusted = isinstance(error, OSError | RuntimeError | AssertionError | ImportError)
    if trusted or type(error).__module__.partition(".")[0] in _SPEAKERS:
        return f"{name}: {error}"[:_WORDS]
    return name


def where(error: BaseException) -> list[str]:
    """The innermost calls that led to it, as `file:line function`, without any values."""
    return list(_frames(error.__traceback__))[-_FRAMES:]


def _frames(trace: TracebackType | None) -> Iterable[str]:
    while trace is not None:
        code = trace.tb_frame.f_code
        path = "/".join(code.co_filename.rsplit("/", 3)[1:])
        yield f"{path}:{trace.tb_lineno} {code.co_name}"
        trace = trace.tb_next


def _name_service(service: str) -> Processor:
    def add(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    return add


def _tell_failure(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """In place of a traceback, whose source lines and words may hold a person's data."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["error"], event["where"] = describe(error), where(error)
    return event


def _without_their_words(record: logging.LogRecord) -> bool:
    """Libraries put errors into their messages; let only what `describe` allows through."""
    if isinstance(record.args, Mapping):
        record.args = {k: _speak(v) for k, v in record.args.items()}
    elif record.args:
        record.args = tuple(_speak(v) for v in record.args)
    return True


def _speak(value: object) -> object:
    return describe(value) if isinstance(value, BaseException) else value
