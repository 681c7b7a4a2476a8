"""`lianshan trace NEED`."""

from typing import Annotated

import typer

from deploy.lianshan.cli.common import AsJson, Var, fail, need, out, plainly, where


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(trace)


@plainly
def trace(
    need_id: Annotated[str, typer.Argument(metavar="NEED", help="The need's id, need_….")],
    var: Var = None,
    as_json: AsJson = False,
) -> None:
    """The path of a need: who decided what because of what, how long it took, and why. Tells nothing about people."""
    from deploy.lianshan.need_path.asking import TraceError, ask  # noqa: PLC0415 - slow to import
    from deploy.lianshan.need_path.path import path_of  # noqa: PLC0415
    from deploy.lianshan.need_path.telling import told  # noqa: PLC0415

    stack = where(var)
    url, token = need(stack.gateway_url, "LIANSHAN_GATEWAY_URL"), need(stack.admin_token, "LIANSHAN_ADMIN_TOKEN")
    try:
        path = path_of(ask(url, token, need_id))
    except TraceError as error:
        fail(str(error))
    if as_json:
        out.print_json(data=path.to_json())
    else:
        out.print(told(path), soft_wrap=True)
