"""Logs as JSON lines on stderr: the event, its service and its message; never personal data."""

import logging
import sys
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Final, TextIO, cast

import structlog
from pydantic import ValidationError
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from shared.contracts.traceparent import read

_QUIET: Final = {
    "opentelemetry": logging.CRITICAL,  # shared.runtime.otlp logs lost spans itself
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
"""The level from which on the messages of a chatty library are logged."""

_TRUSTED: Final = frozenset({"amqp", "kombu", "pymongo", "nameko", "shared", "deploy", "aiormq"})
"""Packages whose errors are about servers and programs, not about people, so that their texts may be logged."""

_FRAMES: Final = 12
"""Frames of a traceback that are logged, the innermost."""
_MAX_CHARACTERS: Final = 500
"""Characters of an error's text that are logged or stored."""


def configure_logging(service: str, level: str = "info", stream: TextIO | None = None) -> None:
    """Write all logs, of structlog and of the standard library, to stderr (or `stream`) as JSON lines.

    Raises KeyError for an unknown level.
    """
    stream = stream or sys.stderr
    number = logging.getLevelNamesMapping()[level.upper()]
    common: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        _name_service(service),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _describe_failure,
    ]
    structlog.configure(
        processors=[*common, structlog.processors.JSONRenderer(ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=True,  # building a logger costs more than a line
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
    handler.addFilter(_describe_arguments)
    logging.basicConfig(handlers=[handler], level=number, force=True)
    logging.captureWarnings(capture=True)
    for name, quiet in _QUIET.items():
        logging.getLogger(name).setLevel(max(quiet, number))


def get_logger() -> FilteringBoundLogger:
    """Return the logger: `log.info("outbox_swept", rows=3)`. Operators search for an event's name: never change one."""
    return cast("FilteringBoundLogger", structlog.get_logger())


def bind_message(correlation: str, causation: str = "", traceparent: str = "") -> None:
    """Add the message in hand and its trace to every further line of this green thread or task."""
    place = read(traceparent)
    trace = {} if place is None else {"trace_id": place.trace_id, "span_id": place.span_id}
    structlog.contextvars.bind_contextvars(correlation=correlation, causation=causation, **trace)


def bound_correlation() -> str:
    """Return the correlation of the message or request in hand; empty outside of one."""
    return str(structlog.contextvars.get_contextvars().get("correlation", ""))


def clear_message() -> None:
    """Remove the fields that `bind_message` has added."""
    structlog.contextvars.unbind_contextvars("correlation", "causation", "trace_id", "span_id")


def describe(error: BaseException) -> str:
    """Return an error in words that may be logged or stored, at most 500 characters.

    Its class, and its text where that cannot be about a person: of the packages in _TRUSTED and of Python's own errors
    about the system. Of a validation error the fields and rules are named, never the input.
    """
    name = type(error).__qualname__
    if isinstance(error, ValidationError):
        parts = (f"{'.'.join(map(str, e['loc']))}: {e['type']}" for e in error.errors(include_input=False))
        return f"{name}: {', '.join(parts)}"[:_MAX_CHARACTERS]
    # These name files, hosts and states of the program; ValueError and KeyError may repeat a value of a message.
    trusted = isinstance(error, OSError | RuntimeError | AssertionError | ImportError)
    if trusted or type(error).__module__.partition(".")[0] in _TRUSTED:
        return f"{name}: {error}"[:_MAX_CHARACTERS]
    return name


def where(error: BaseException) -> list[str]:
    """Return the innermost calls that led to the error, as `file:line function`, without any values."""
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


def _describe_failure(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Replace a traceback by its error and frames: its text and source lines may hold a person's data."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["error"], event["where"] = describe(error), where(error)
    return event


def _describe_arguments(record: logging.LogRecord) -> bool:
    """Replace the errors among a message's arguments, as libraries log them, by their descriptions."""
    if isinstance(record.args, Mapping):
        record.args = {k: _describe_error(v) for k, v in record.args.items()}
    elif record.args:
        record.args = tuple(_describe_error(v) for v in record.args)
    return True


def _describe_error(value: object) -> object:
    return describe(value) if isinstance(value, BaseException) else value
