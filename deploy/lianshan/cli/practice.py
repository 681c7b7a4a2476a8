"""`lianshan dlq practise`."""

from secrets import token_hex

import typer

from deploy.lianshan.cli.connections import find_addresses, open_broker, open_platform, require
from deploy.lianshan.cli.letters import print_plain
from deploy.lianshan.cli.load import is_local
from deploy.lianshan.cli.options import Lang, Var, choose_language
from deploy.lianshan.cli.output import fail, one_line_errors


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(practise)


@one_line_errors
def practise(var: Var = None, lang: Lang = None) -> None:
    """Make a harmless dead letter to practise repairing on, on a development stack alone, and show the way to mend it.

    It is an event about an invented need, in which one field is wrong. Mended or dropped, it leaves nothing but its
    row of the audit.
    """
    from deploy.lianshan.dead_letters.practice import FIELD, QUEUE, RIGHT, make_body, make_letter  # noqa: PLC0415
    from shared.runtime.clock import machine_now  # noqa: PLC0415 - slow to import
    from shared.words import Wording  # noqa: PLC0415

    found, words = find_addresses(var), Wording(choose_language(lang))
    amqp_uri = require(found.amqp_uri, "LIANSHAN_AMQP_URI")
    mongo_uri = require(found.mongo_uri, "LIANSHAN_MONGO_URI")
    # A dead letter raises an alert, and on a city somebody is called.
    if not (is_local(amqp_uri) and is_local(mongo_uri)):
        fail(words.sentence("practice_elsewhere", {}))
    with open_platform(mongo_uri, writing=True) as stores, open_broker(amqp_uri) as connection:
        letter = make_letter(connection, stores, make_body(token_hex(4), machine_now()))
    if letter is None:
        fail(words.sentence("practice_waits", {"queue": QUEUE}))
    print_plain(words.sentence("practice_letter", {"field": FIELD}))
    mending = f"edit '{letter.key}' --set '{FIELD}={RIGHT}' --why practice"
    for command in ("list", f"show '{letter.key}'", mending, f"drop '{letter.key}' --why practice --by NAME"):
        print_plain(f"  lianshan dlq {command}")
