"""The targets of a local stack for Prometheus."""

from deploy.lianshan.cli.targets import make_targets


def test_each_process_that_shows_numbers_is_a_target_and_servers_are_not() -> None:
    processes = [
        {"name": "mongod", "ready_url": None},
        {"name": "charity-2", "ready_url": "http://127.0.0.1:20001/readyz"},
        {"name": "gateway", "ready_url": "https://127.0.0.1:20002/readyz"},
    ]
    assert make_targets(processes) == [
        {"targets": ["127.0.0.1:20001"], "labels": {"process": "charity-2", "__scheme__": "http"}},
        {"targets": ["127.0.0.1:20002"], "labels": {"process": "gateway", "__scheme__": "https"}},
    ]
