"""`lianshan scale SERVICE N`."""

import time
from typing import Annotated, Final

import typer

from deploy.lianshan.cli.options import Var
from deploy.lianshan.cli.output import err, fail, one_line_errors, out
from deploy.lianshan.local.folder import Folder, read_json, write_json
from deploy.lianshan.local.services import MAX_REPLICAS, MODULES, SINGLE, replica_name
from deploy.lianshan.local.state import has_left_processes, is_up, read_processes

READY_SECONDS: Final = 90.0
_COMPOSE: Final = (
    "docker-compose -f deploy/compose/compose.yaml up -d --no-deps --no-recreate --scale {service}={number} {service}"
)
_PATCH: Final = (
    """kubectl -n lianshan patch scaledobject {service} --type merge -p '{{"spec":{{"minReplicaCount":{number}}}}}'"""
)
_FIX: Final = (
    "kubectl -n lianshan annotate scaledobject {service} --overwrite autoscaling.keda.sh/paused-replicas={number}"
)
_BY_HAND: Final = frozenset({"projector", "webhooks", "notices", "jobs", "exports"})
"""Not scaled by a queue: one replica at a time reads the projector's, webhooks, notices, jobs and exports have none."""
_DEPLOYMENT: Final = "kubectl -n lianshan scale deployment {service} --replicas={number}"
_FREE: Final = "kubectl -n lianshan annotate scaledobject {service} autoscaling.keda.sh/paused-replicas-"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(scale)


@one_line_errors
def scale(
    service: Annotated[str, typer.Argument(help="As `status` shows it; the gateway itself for containers only.")],
    number: Annotated[int, typer.Argument(min=1, help="The number of replicas.")],
    how: Annotated[bool, typer.Option("--how", help="Only print the commands for containers.")] = False,
    var: Var = None,
) -> None:
    """Set the number of replicas of one service; the others continue. A replica that leaves finishes its batch first.

    On the embedded stack it takes effect at once, until the next `up`, which takes --replicas. For containers it prints
    the commands: compose scales at once; on Kubernetes KEDA scales by the length of the queues, between your limits.

    Another replica pays while the service's queue grows and a core is free (`lianshan status`): two of the same service
    on one machine of two cores hardly do more than one. Each adds four connections to RabbitMQ and MongoDB.
    """
    folder = Folder.here(var)
    if service not in MODULES:
        fail(f"there is no service {service}: one of {', '.join(MODULES)}.")
    scalable = ", ".join(name for name in MODULES if name not in SINGLE)
    if service in SINGLE and not how:
        fail(f"{service} cannot be scaled on this machine; scale one of {scalable}, or see --how for containers.")
    if not how and has_left_processes(folder):
        fail("the supervisor has ended, and its processes run on: `lianshan up` ends them and starts all again.")
    if how or not is_up(folder):
        _print_commands(service, number)
        return
    if number > MAX_REPLICAS:
        fail(f"give a number from 1 to {MAX_REPLICAS}: this is one machine.")
    # The supervisor reads the file in its next round.
    write_json(folder.replicas_file, {**(read_json(folder.replicas_file) or {}), service: number})
    _wait(folder, service, number)
    out.print(f"{service}: {_count(number)}")


def _wait(folder: Folder, service: str, number: int) -> None:
    wanted = {replica_name(service, nth) for nth in range(1, number + 1)}
    possible = {replica_name(service, nth) for nth in range(1, MAX_REPLICAS + 1)}
    end_at = time.monotonic() + READY_SECONDS
    while True:
        known = {p["name"]: p for p in read_processes(folder) if p["name"] in possible}
        if known.keys() == wanted and all(p["ready"] for p in known.values()):
            return
        if time.monotonic() > end_at:
            fail(f"{service}: not {_count(number)} after {READY_SECONDS:g} s: see {folder.logs}.")
        time.sleep(0.2)


def _count(replicas: int) -> str:
    return "1 replica" if replicas == 1 else f"{replicas} replicas"


def _print_commands(service: str, number: int) -> None:
    by_queue = (
        ("With compose:", [_COMPOSE]),
        ("On Kubernetes, at least so many, more when its queues grow:", [_PATCH]),
        ("On Kubernetes, exactly so many, and back to automatic:", [_FIX, _FREE]),
    )
    by_hand = (("With compose:", [_COMPOSE]), ("On Kubernetes:", [_DEPLOYMENT]))
    # Titles on standard error, so that a script can take the commands alone.
    for title, lines in by_hand if service in _BY_HAND else by_queue:
        err.print(title)
        for line in lines:
            print(line.format(service=service, number=number))
