"""`lianshan up` and `lianshan down`."""

from dataclasses import replace
from functools import partial
from typing import Annotated, Final

import typer

from deploy.lianshan.cli.options import Var
from deploy.lianshan.cli.output import err, fail, one_line_errors, out
from deploy.lianshan.local.folder import Folder, FolderInUseError
from deploy.lianshan.local.services import MAX_REPLICAS, MODULES, SINGLE
from deploy.lianshan.local.stack import Options, Stack, start_detached, stop_stack
from deploy.lianshan.local.state import is_up, read_addresses
from deploy.lianshan.local.supervisor import StopRequestedError

DETACHED_SECONDS: Final = 240.0


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(up)
    app.command()(down)


@one_line_errors
def up(
    var: Var = None,
    detach: Annotated[bool, typer.Option("--detach", help="Return once everything is ready.")] = False,
    replicas: Annotated[
        list[str] | None, typer.Option(help="SERVICE=NUMBER of processes, e.g. charity=2; may be repeated.")
    ] = None,
    movable_clock: Annotated[
        bool, typer.Option("--movable-clock", help="For development: `lianshan clock` may move the city's time.")
    ] = False,
    sandbox: Annotated[
        bool,
        typer.Option("--sandbox", help="For integrators: a made-up town, alike each time."),
    ] = False,
) -> None:
    """Start the embedded stack: MongoDB, RabbitMQ, every service. Stays in the foreground until Ctrl-C.

    LIANSHAN_AMQP_URI and LIANSHAN_MONGO_URI use servers of your own instead. A sandbox has its own in any case, a
    movable clock, and nothing of its run before.
    """
    folder = Folder.here(var)
    wanted = _read_replicas(replicas or [])
    if not detach:
        if sandbox:
            _run_sandbox(folder, wanted)
        else:
            _run(folder, replace(Options.from_environment(wanted), movable_clock=movable_clock))
        return
    if is_up(folder):
        raise FolderInUseError(f"A stack runs in {folder.root}: stop it with `lianshan down`.")
    arguments = [part for spec in replicas or [] for part in ("--replicas", spec)]
    arguments += ["--movable-clock"] if movable_clock else []
    arguments += ["--sandbox"] if sandbox else []
    start_detached(folder, arguments, DETACHED_SECONDS)
    _print_addresses(folder)


@one_line_errors
def down(var: Var = None) -> None:
    """Stop the stack of this folder and leave no process. Its data stays for the next `lianshan up`."""
    folder = Folder.here(var)
    if stop_stack(folder, err.print):
        out.print("stopped; the data stays in", str(folder.root))
    else:
        out.print("nothing runs in", str(folder.root))


def _run_sandbox(folder: Folder, replicas: dict[str, int]) -> None:
    from deploy.lianshan.demo.stack import NotOursError  # noqa: PLC0415 - slow to import
    from deploy.lianshan.demo.town import clear_folder, furnish_town  # noqa: PLC0415

    def report(line: str) -> None:
        err.print(f"  {line}")

    try:
        folder = clear_folder(folder, report)
    except NotOursError as error:
        fail(str(error))
    furnish = partial(furnish_town, folder, report=report)
    _run(folder, Options(replicas, movable_clock=True, after_services=furnish))


def _run(folder: Folder, options: Options) -> None:
    folder.make()
    with folder.held():
        running = Stack(folder, options, lambda line: err.print(f"  {line}"))
        running.supervisor.take_signals()
        try:
            running.start()
            _print_addresses(folder)
            out.print("Ctrl-C stops it.")
            running.supervisor.watch()
        except StopRequestedError:
            pass  # it came while the stack was starting
        finally:
            err.print("stopping …")
            if killed := running.stop():
                err.print(f"had to kill {', '.join(killed)}")


def _read_replicas(specs: list[str]) -> dict[str, int]:
    found = {}
    for spec in specs:
        service, _, number = spec.partition("=")
        if service not in MODULES or service in SINGLE:
            fail(f"--replicas {spec}: one of {', '.join(s for s in MODULES if s not in SINGLE)} can have replicas.")
        if not number.isdigit() or not 1 <= int(number) <= MAX_REPLICAS:
            fail(f"--replicas {spec}: give a number from 1 to {MAX_REPLICAS}, like {service}=2.")
        found[service] = int(number)
    return found


def _print_addresses(folder: Folder) -> None:
    known = read_addresses(folder)
    if known is None:
        return  # it was stopped in this moment
    gateway_url = known["gateway_url"]
    out.print(
        f"[bold]Lianshan is up.[/bold] Its addresses and the administrator's key are in {folder.stack_file}",
    )
    if (key := folder.find_sandbox_key()) is not None:
        out.print(f"  export LIANSHAN_URL={gateway_url} LIANSHAN_KEY={key}", soft_wrap=True)
        out.print("  lianshan clock forward 1d   moves the city's time")
    out.print(f"  API       {gateway_url}/v1   (documentation at {gateway_url}/docs)")
    out.print(f"  RabbitMQ  {_hide_password(known['amqp_uri'])}")
    out.print(f"  MongoDB   {_hide_password(known['mongo_uri'])}")


def _hide_password(uri: str) -> str:
    scheme, separator, rest = uri.partition("://")
    user, at, address = rest.rpartition("@")
    return f"{scheme}{separator}{user.partition(':')[0]}{at}{address}"
