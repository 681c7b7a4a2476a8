"""`lianshan subscribe`: the events as an outside agency sees them."""

import json
from contextlib import suppress
from typing import Annotated, Any

import typer

from deploy.lianshan.cli.common import AsJson, Var, amqp_connection, err, fail, need, out, plainly, where

PREFETCH = 200
ROUND_SECONDS = 1.0


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(subscribe)


@plainly
def subscribe(
    binding: Annotated[
        list[str] | None,
        typer.Option(help="A key with * and #, like stations.need.published.11.01.#; may come again."),
    ] = None,
    count: Annotated[int, typer.Option(min=0, help="Stop after so many events; 0 goes on until Ctrl-C.")] = 0,
    var: Var = None,
    as_json: AsJson = False,
) -> None:
    """Print events as they happen, from a queue of its own that goes when the command ends."""
    from amqp.exceptions import NotFound  # noqa: PLC0415 - slow to import

    keys = binding or ["#"]
    printer = _Printer(as_json)
    with amqp_connection(need(where(var).amqp_uri, "LIANSHAN_AMQP_URI")) as connection:
        try:
            _listen(connection.channel(), keys, printer)
        except NotFound:
            fail("the exchange does not stand yet: declare it with `lianshan topology`.")
        err.print(f"listening to {', '.join(keys)}; Ctrl-C ends it", markup=False)
        while not count or printer.seen < count:
            with suppress(TimeoutError):
                connection.drain_events(timeout=ROUND_SECONDS)
            connection.heartbeat_tick()


def _listen(channel: Any, keys: list[str], printer: "_Printer") -> None:
    from shared.contracts.subscriptions import EVENTS_EXCHANGE  # noqa: PLC0415 - slow to import

    queue = channel.queue_declare("", exclusive=True, auto_delete=True).queue
    for key in keys:
        channel.queue_bind(queue, EVENTS_EXCHANGE, key)
    channel.basic_qos(0, PREFETCH, a_global=False)
    channel.basic_consume(queue, callback=printer)


class _Printer:
    def __init__(self, as_json: bool) -> None:
        self.seen = 0
        self._as_json = as_json

    def __call__(self, message: Any) -> None:
        _print(message.body, self._as_json)
        message.channel.basic_ack(message.delivery_tag)
        self.seen += 1


def _print(body: Any, as_json: bool) -> None:
    text = body.decode() if isinstance(body, bytes) else str(body)
    event = json.loads(text)
    if as_json:
        print(json.dumps(event, ensure_ascii=False, separators=(",", ":")), flush=True)
        return
    out.print(f"{event.get('time', '')}  [bold]{event.get('type')}[/bold]  {event.get('subject')}", soft_wrap=True)
    out.print_json(data=event.get("data"), ensure_ascii=False)
