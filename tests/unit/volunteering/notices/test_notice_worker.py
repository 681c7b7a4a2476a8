"""The worker of notices as a process: a fault is on record, and work goes on."""

from collections.abc import Callable

import pytest
from pymongo import MongoClient

from services.volunteering.notices.domain.sending import Accepted
from services.volunteering.worker import worker as module
from services.volunteering.worker.adapters.message import Message
from services.volunteering.worker.following import Follower
from services.volunteering.worker.sending import Sender
from services.volunteering.worker.settings import WorkerSettings
from services.volunteering.worker.worker import Worker
from shared.engine.run import plain_process
from shared.runtime.clock import Clock


class Taking:
    """An adapter that accepts everything."""

    def send(self, message: Message) -> Accepted:  # noqa: ARG002
        return Accepted()


def test_an_error_that_nobody_has_foreseen_ends_neither_the_planning_nor_the_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = WorkerSettings.model_validate(
        {"amqp_uri": "amqp://127.0.0.1", "mongo_uri": "mongodb://127.0.0.1", "data_key": bytes(32)}
    )
    worker = Worker(settings, MongoClient(connect=False)["volunteering"], Clock(), {"telephone": Taking()})
    seen: dict[str, int] = {"log": 0, "store": 0}
    wrong: list[dict[str, str]] = []

    def fail_once(part: str) -> None:
        seen[part] += 1
        if seen[part] == 1:
            raise ValueError("a document of a later release")
        if min(seen.values()) > 1:
            worker.stop()
        wrong.append(worker.faults())

    def step(_: Follower, rest: Callable[[float], object]) -> None:
        fail_once("log")
        rest(0.01)

    def work_round(_: Sender) -> int:
        fail_once("store")
        return 0

    monkeypatch.setattr(plain_process, "REST_SECONDS", 0.01)
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.01)
    monkeypatch.setattr(Worker, "_refresh", lambda _: None)
    monkeypatch.setattr(Follower, "step", step)
    monkeypatch.setattr(Follower, "leave", lambda _: None)
    monkeypatch.setattr(Sender, "round", work_round)
    worker.run()
    assert min(seen.values()) > 1
    assert any("ValueError" in text for faults in wrong for text in faults.values()), "it is not ready meanwhile"
