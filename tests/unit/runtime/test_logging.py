"""Log lines: JSON, with the message they belong to, without anything about a person."""

import json
import logging
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
import structlog
from pydantic import BaseModel

from shared.runtime.logging import bind_message, clear_message, configure_logging, describe, get_logger

Lines = Callable[[], list[dict[str, Any]]]


class Resident(BaseModel):
    age: int


@pytest.fixture
def lines() -> Iterator[Lines]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = StringIO()
    configure_logging("charity", "info", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    clear_message()
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    root.handlers[:], root.level = handlers, level


def test_a_line_says_what_when_where_and_for_which_message(lines: Lines) -> None:
    bind_message("corr-1", "cause-1")
    get_logger().info("need_linked", ring="street")
    (line,) = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "need_linked",
        "level": "info",
        "service": "charity",
        "ring": "street",
        "correlation": "corr-1",
        "causation": "cause-1",
    }


def test_the_message_is_forgotten_when_its_work_is_done(lines: Lines) -> None:
    bind_message("corr-1", "cause-1")
    clear_message()
    get_logger().info("idle")
    assert "correlation" not in lines()[0]


def test_lines_of_other_libraries_look_the_same(lines: Lines) -> None:
    bind_message("corr-2")
    logging.getLogger("some.library").warning("took %s s", 3)
    (line,) = lines()
    assert (line["event"], line["level"], line["service"]) == ("took 3 s", "warning", "charity")
    assert line["correlation"] == "corr-2"


def test_chatter_of_the_framework_is_kept_out(lines: Lines) -> None:
    for name in ("nameko.containers", "kombu", "amqp", "pymongo.command", "eventlet.wsgi", "uvicorn.access"):
        logging.getLogger(name).info("chatter")
    assert lines() == []


def test_an_error_is_told_by_type_and_place_and_not_by_a_persons_data(lines: Lines) -> None:
    try:
        int("Lin Mei, 138 0000 0000")
    except ValueError as error:
        cause = error
        get_logger().exception("failed")
        logging.getLogger("some.library").exception("failed with %s", cause)
    ours, theirs = lines()
    for line in (ours, theirs):
        assert "Lin Mei" not in json.dumps(line)
        assert line["error"] == "ValueError"
        assert line["where"][-1].startswith("unit/runtime/test_logging.py:")
    assert theirs["event"] == "failed with ValueError"


def test_an_invalid_field_is_named_without_its_value() -> None:
    with pytest.raises(ValueError, match="age") as caught:
        Resident.model_validate({"age": "Lin Mei"})
    assert describe(caught.value) == "ValidationError: age: int_parsing"


def test_an_error_of_a_server_keeps_its_words() -> None:
    assert describe(ConnectionRefusedError("no RabbitMQ at localhost:5672")).endswith("no RabbitMQ at localhost:5672")
