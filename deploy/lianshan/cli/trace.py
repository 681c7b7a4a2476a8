"""`lianshan trace NEED`."""

from typing import Annotated

import typer

from deploy.lianshan.cli.connections import find_gateway
from deploy.lianshan.cli.options import AsJson, Lang, Var, choose_language
from deploy.lianshan.cli.output import fail, one_line_errors, out


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(trace)


@one_line_errors
def trace(
    need_id: Annotated[str, typer.Argument(metavar="NEED", help="The need's id, need_….")],
    var: Var = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Show the path of a need: each decision with its cause, its time and its reasons. Shows nothing about people."""
    from deploy.lianshan.need_path import TraceError, fetch_facts, find_path, render_tree  # noqa: PLC0415 - slow to import
    from shared.contracts.catalogue.matching import SHIPPED  # noqa: PLC0415
    from shared.words import Wording  # noqa: PLC0415 - slow to import

    language = choose_language(lang)
    gateway_url, token = find_gateway(var)
    try:
        facts = fetch_facts(gateway_url, token, need_id, language)
        of_city = SHIPPED.with_entries(facts.entries)
        words = Wording(language, catalogue=lambda: of_city)
        path = find_path(facts, words)
    except TraceError as error:
        fail(str(error))
    if as_json:
        out.print_json(data=path.to_json())
    else:
        for line in render_tree(path, words):
            out.print(line)
