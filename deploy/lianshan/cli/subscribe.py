"""`lianshan subscribe`: the events as an outside agency receives them."""

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Final

import typer

from deploy.lianshan.cli.connections import find_amqp_uri, open_broker
from deploy.lianshan.cli.options import AsJson, Var
from deploy.lianshan.cli.output import err, fail, one_line_errors, out

if TYPE_CHECKING:
    from amqp import Channel, Message

PREFETCH: Final = 200
ROUND_SECONDS: Final = 1.0
_WORD: Final = r"(?:[A-Za-z0-9_-]+|\*|#)"
_KEY: Final = re.compile(rf"(?=.{{1,255}}$){_WORD}(?:\.{_WORD})*")
"""A binding that some routing key of the platform can match: any other would listen to nothing, in silence."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(subscribe)


@one_line_errors
def subscribe(
    binding: Annotated[
        list[str] | None,
        typer.Option(help="A key with * and #, like stations.need.published.11.01.#; may be repeated."),
    ] = None,
    count: Annotated[int, typer.Option(min=0, help="Stop after so many events; 0 goes on until Ctrl-C.")] = 0,
    var: Var = None,
    as_json: AsJson = False,
) -> None:
    """Print events as they happen, from a queue of its own that is removed when the command ends."""
    from amqp.exceptions import NotFound  # noqa: PLC0415 - slow to import

    keys = binding or ["#"]
    for key in keys:
        if _KEY.fullmatch(key) is None:
            fail(f"--binding {key!r}: words of letters, digits, _ and - with dots between them; * is one word, # any.")
    printer = _Printer(as_json)
    with open_broker(find_amqp_uri(var)) as connection:
        try:
            _bind(connection.channel(), keys, printer)
        except NotFound:
            fail("the exchange does not stand yet: declare it with `lianshan topology`.")
        err.print(f"listening to {', '.join(keys)}; Ctrl-C ends it", markup=False)
        while not count or printer.seen < count:
            with suppress(TimeoutError):
                connection.drain_events(timeout=ROUND_SECONDS)
            # A quiet subscriber would be taken for gone.
            connection.heartbeat_tick()


def _bind(channel: "Channel", keys: list[str], printer: "_Printer") -> None:
    from shared.contracts.subscriptions import EVENTS_EXCHANGE  # noqa: PLC0415 - slow to import

    queue = channel.queue_declare("", exclusive=True, auto_delete=True).queue
    for key in keys:
        channel.queue_bind(queue, EVENTS_EXCHANGE, key)
    channel.basic_qos(0, PREFETCH, a_global=False)
    channel.basic_consume(queue, callback=printer)


class _Printer:
    """Prints each message and counts them."""

    def __init__(self, as_json: bool) -> None:
        self.seen = 0
        self._as_json = as_json

    def __call__(self, message: "Message") -> None:
        _print_event(message.body, self._as_json)
        message.channel.basic_ack(message.delivery_tag)
        self.seen += 1


def _print_event(body: bytes | str, as_json: bool) -> None:
    text = body.decode() if isinstance(body, bytes) else str(body)
    event = json.loads(text)
    if as_json:
        # Line by line and at once: a script reads it through a pipe.
        print(json.dumps(event, ensure_ascii=False, separators=(",", ":")), flush=True)
        return
    out.print(f"{event.get('time', '')}  [bold]{event.get('type')}[/bold]  {event.get('subject')}")
    out.print_json(data=event.get("data"), ensure_ascii=False)
