"""A stack on a laptop writes notices to a file; with servers of another machine it sends none by itself."""

from pathlib import Path

import pytest

from deploy.lianshan.local.folder import Folder
from deploy.lianshan.local.services import NOTICE_ADAPTER, make_programs


@pytest.mark.parametrize(
    ("amqp_uri", "adapter"), [("amqp://127.0.0.1:5672/", "file"), ("amqp://rabbitmq.example/", None)]
)
def test_notices_go_to_a_file_where_all_is_on_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, amqp_uri: str, adapter: str | None
) -> None:
    monkeypatch.delenv(NOTICE_ADAPTER, raising=False)
    folder = Folder(tmp_path)
    folder.make()
    programs = make_programs(folder, amqp_uri, "mongodb://127.0.0.1:27017/?replicaSet=rs0", {})
    (notices,) = [program for program in programs if program.name == "notices"]
    assert notices.environment.get(NOTICE_ADAPTER) == adapter
