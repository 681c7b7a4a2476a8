"""The declaration: what operations and the projector know of the gateway, and what each process does without."""

import subprocess
import sys
from typing import Any

from services.gateway.declaration import ADMIN_ID, DECLARATION, FEATURES, feed_id

INDEXES = {
    "feed": {},
    "feed_head": {},
    "stations": {"area"},
    "funds": {"area"},
    "donors": {},
    "donations": {"area", "station_id", "fund_id"},
    "stock": {"area", "holder_id", "commodity"},
    "needs": {"area", "station_id", "state", "waiting"},
    "dispatches": {"area", "need_id", "volunteer_id", "state"},
    "volunteers": {"area"},
    "timebank": {"area"},
    "keys": {"hash"},
}


def loaded_by(program: str, *names: str) -> set[str]:
    """Which of these packages a new process has loaded after the program."""
    show = f"import sys; {program}; print(' '.join(name for name in {names!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", show], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_operations_find_every_collection_with_its_indexes() -> None:
    found = {name: {index.document["name"] for index in indexes} for name, indexes in DECLARATION.indexes.items()}
    assert found == {name: set(indexes) for name, indexes in INDEXES.items()}


def test_a_key_has_one_hash_alone() -> None:
    (index,) = DECLARATION.indexes["keys"]
    shown: dict[str, Any] = index.document
    assert (shown["unique"], dict(shown["key"])) == (True, {"hash": 1})


def test_operations_find_the_first_key_and_the_feeds_ids() -> None:
    assert ADMIN_ID == "key_admin"
    assert feed_id(7) == "0000000000000007"


def test_every_feature_has_a_name_of_its_own() -> None:
    assert len({feature.name for feature in FEATURES}) == len(FEATURES)


def test_operations_do_without_either_framework() -> None:
    frameworks = ("fastapi", "starlette", "uvicorn", "aiormq", "nameko", "eventlet")
    assert loaded_by("import services.gateway.declaration", *frameworks) == set()


def test_the_projector_does_without_fastapi() -> None:
    assert loaded_by("import services.gateway.projector.service", "fastapi", "starlette", "uvicorn", "aiormq") == set()


def test_the_api_process_does_without_eventlet() -> None:
    assert loaded_by("import services.gateway.__main__", "eventlet", "nameko") == set()
