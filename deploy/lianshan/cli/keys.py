"""`lianshan keys`: the key ring that personal data is sealed with, and its rotation while the services run."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from deploy.lianshan.cli.connections import find_mongo_uri, open_platform
from deploy.lianshan.cli.options import AsJson, Var
from deploy.lianshan.cli.output import Line, fail, one_line_errors, out, print_table, show_progress
from deploy.lianshan.local.folder import Folder

if TYPE_CHECKING:
    from deploy.lianshan.keys import RingFile
    from deploy.lianshan.stores import Stores
    from shared.runtime.keyring import KeyRing

app = typer.Typer(help="Show the key ring that seals personal data, and rotate it while the services run.")
SETTLE_SECONDS: Final = 30.0
"""How long after the new ring is in place a process may still commit values under the former key: it looks
at the ring every second, and MongoDB answers a commit within 20 s or the batch is decided again.
"""
MAX_PASSES: Final = 5
"""Passes over the stores; each finds only the values that were sealed with a former key during the one before."""
Batch = Annotated[int, typer.Option(min=1, max=5000, help="Documents that are changed at once.")]
Rest = Annotated[
    float, typer.Option(min=0, max=60, help="Seconds of rest after each batch, beyond the time that it took.")
]


@app.command("list")
@one_line_errors
def list_keys(var: Var = None, as_json: AsJson = False) -> None:
    """Show the ids of the keys, which of them seals, and how much the others still open. No key is shown."""
    from deploy.lianshan.keys import count_left  # noqa: PLC0415 - slow to import

    ring = _find_ring(var)
    with _open(var) as stores:
        left = count_left(stores, ring)
    if as_json:
        out.print_json(data={"keys": list(ring.ids), "seals": ring.ids[0], "left": left})
        return
    print_table(["key", "use"], [Line([key, "opens only" if nth else "seals"]) for nth, key in enumerate(ring.ids)])
    for service, number in left.items():
        out.print(f"{service}: {number:,} documents to seal again with {ring.ids[0]}")


@app.command()
@one_line_errors
def rotate(
    batch: Batch = 500,
    rest: Rest = 0.0,
    settle: Annotated[
        float, typer.Option(min=1, max=600, help="Seconds that running processes have to take up the new key.")
    ] = SETTLE_SECONDS,
    var: Var = None,
    as_json: AsJson = False,
) -> None:
    """Replace the key of the ring while the services run: add one, seal everything again with it, retire the others.

    Stopped, it goes on where it was. Make a backup afterwards: an older one needs the key that was saved with it.
    """
    from deploy.lianshan.keys import add_key, reseal  # noqa: PLC0415 - slow to import
    from deploy.lianshan.keys.rotation import check_bound  # noqa: PLC0415

    file = _find_file(var)
    with _open(var, writing=True) as stores, _one_line():
        check_bound(stores)
        ring = file.read()
        if len(ring.keys) == 1:  # otherwise a rotation was interrupted: it is finished first
            ring = add_key(ring)
            file.write(ring)
        began = time.monotonic()
        changed = _reseal(stores, ring, batch=batch, rest=rest)
        time.sleep(max(0.0, settle - (time.monotonic() - began)))
        for _ in range(MAX_PASSES):
            if not (more := sum(report.changed for report in reseal(stores, ring, batch=batch, rest=rest).values())):
                break
            changed += more
        former = ring.ids[1:]
        ring = _retire(stores, ring)
        file.write(ring)
    if as_json:
        out.print_json(data={"seals": ring.ids[0], "retired": list(former), "documents": changed})
    else:
        out.print(f"{changed:,} documents sealed again with key {ring.ids[0]}; retired: {', '.join(former)}")


@app.command()
@one_line_errors
def add(var: Var = None) -> None:
    """Print the ring with a new key, for a secret that another program keeps: `lianshan keys add > ring`."""
    from deploy.lianshan.keys import add_key  # noqa: PLC0415 - slow to import
    from deploy.lianshan.keys.rotation import check_bound  # noqa: PLC0415

    _refuse_terminal()
    with _open(var) as stores, _one_line():
        check_bound(stores)
        sys.stdout.write(f"{add_key(_find_ring(var)).to_text()}\n")


@app.command("reseal")
@one_line_errors
def reseal_all(batch: Batch = 500, rest: Rest = 0.0, var: Var = None, as_json: AsJson = False) -> None:
    """Seal everything again that a former key of the ring has sealed, while the services run."""
    ring = _find_ring(var)
    with _open(var, writing=True) as stores, _one_line():
        changed = _reseal(stores, ring, batch=batch, rest=rest)
    if as_json:
        out.print_json(data={"seals": ring.ids[0], "documents": changed})
    else:
        out.print(f"{changed:,} documents sealed again with key {ring.ids[0]}")


@app.command()
@one_line_errors
def retire(var: Var = None) -> None:
    """Print the ring with its sealing key alone; refused while anything is sealed with another."""
    _refuse_terminal()
    with _open(var) as stores, _one_line():
        sys.stdout.write(f"{_retire(stores, _find_ring(var)).to_text()}\n")


def _reseal(stores: "Stores", ring: "KeyRing", *, batch: int, rest: float) -> int:
    from deploy.lianshan.keys import count_left, reseal  # noqa: PLC0415 - slow to import

    total = sum(count_left(stores, ring).values())
    with show_progress("sealed again", total) as advance:
        done: dict[str, int] = {}

        def tell(service: str, number: int) -> None:
            done[service] = number
            advance(sum(done.values()), total)

        reports = reseal(stores, ring, batch=batch, rest=rest, tell=tell)
    if unreadable := [f"{service}/{place}" for service, report in reports.items() for place in report.unreadable]:
        fail(
            f"these cannot be opened with any key of the ring, and its former keys stay: {', '.join(unreadable)}. "
            "Add the key that they were sealed with, or restore them from a backup."
        )
    return sum(report.changed for report in reports.values())


def _retire(stores: "Stores", ring: "KeyRing") -> "KeyRing":
    from deploy.lianshan.keys import count_left, retire_keys  # noqa: PLC0415 - slow to import

    return retire_keys(ring, count_left(stores, ring))


def _find_file(var: Path | None) -> "RingFile":
    from deploy.lianshan.keys import find_ring_file  # noqa: PLC0415 - slow to import

    try:
        return find_ring_file(Folder.here(var))
    except ValueError as error:
        fail(f"{error}.")


def _find_ring(var: Path | None) -> "KeyRing":
    from deploy.lianshan.cli.connections import find_vault  # noqa: PLC0415 - slow to import

    return find_vault(var).ring


@contextmanager
def _open(var: Path | None, *, writing: bool = False) -> "Iterator[Stores]":
    with open_platform(find_mongo_uri(var), writing=writing) as stores:
        yield stores


@contextmanager
def _one_line() -> Iterator[None]:
    from deploy.lianshan.keys import KeysInUseError, NotBoundError  # noqa: PLC0415 - slow to import

    try:
        yield
    except (KeysInUseError, NotBoundError) as error:
        fail(f"{error}.")


def _refuse_terminal() -> None:
    if sys.stdout.isatty():
        fail("a key ring is no text for a screen: send the output to the place of the secret.")
