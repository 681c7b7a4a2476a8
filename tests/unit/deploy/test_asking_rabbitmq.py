"""RabbitMQ's node is asked by its own command; where no answer comes, the operator is told whether it was only late."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from deploy.lianshan.local import rabbitmq
from deploy.lianshan.local.folder import Folder


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (subprocess.TimeoutExpired("rabbitmqctl", 30.0), "has not answered `rabbitmqctl list_queues` within 30 s"),
        (subprocess.CalledProcessError(69, "rabbitmqctl"), "does not answer `rabbitmqctl list_queues`: does it run?"),
    ],
)
def test_a_late_answer_is_not_told_as_a_node_that_is_down(
    failure: Exception, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*_: Any, **__: Any) -> None:
        raise failure

    monkeypatch.setattr(rabbitmq.subprocess, "run", run)
    monkeypatch.setattr(rabbitmq, "control", lambda _: (["rabbitmqctl"], {}))
    with pytest.raises(OSError, match=said):
        rabbitmq.ask(Folder(tmp_path), "list_queues")
