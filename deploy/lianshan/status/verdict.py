"""The verdict on a status: all that is not well, each with the next step in its sentence. Pure."""

from collections.abc import Iterator

from deploy.lianshan.pauses import owner_of
from deploy.lianshan.status.facts import Status
from shared.contracts.reasons import Reason, reason
from shared.contracts.refusals import MAX_ARG_CHARACTERS
from shared.engine.amqp.topology import plan


def find_wrong(found: Status) -> list[Reason]:
    """Return all that is not well. A pause and a pending migration are known to somebody and no fault."""
    return [*_find_wrong_processes(found), *_find_wrong_queues(found), *_find_wrong_services(found)]


def _find_wrong_processes(found: Status) -> Iterator[Reason]:
    for error in found.unreachable:
        yield reason("server_unreachable", error=error[:MAX_ARG_CHARACTERS])
    if not found.supervised:
        running = sum(process["pid"] is not None for process in found.processes)
        yield reason("supervisor_gone", count=running)
    for process in found.processes:
        if process["state"] != "running" or not process["ready"]:
            state = process["state"] if process["ready"] else f"{process['state']}_not_ready"
            yield reason("process_state", process=process["name"], state=state)


def _find_wrong_queues(found: Status) -> Iterator[Reason]:
    consumed = {queue.name for queue in plan() if queue.kind == "main"}
    paused = {owner_of(pause["service"]) for pause in found.paused}
    for queue in found.queues:
        name = queue["queue"]
        if found.unreachable and queue["messages"] is None:
            pass  # unseen, which is said already
        elif queue["messages"] is None:
            yield reason("queue_missing", queue=name)
        elif name in consumed and not queue["consumers"] and name.partition(".")[0] not in paused:
            yield reason("queue_without_consumer", queue=name, count=queue["messages"])
        if letters := queue["dead_letters"]:
            yield reason("dead_letters_wait", queue=name, count=letters)


def _find_wrong_services(found: Status) -> Iterator[Reason]:
    for service in found.outbox:
        if service["door"] != "open":
            yield reason("door_closed", service=service["service"], why=service["door"])
        if service["lost_at"]:
            yield reason("events_lost", service=service["service"], at=service["lost_at"])
    for timers in found.failing_timers:
        yield reason("timers_fail", **timers)
