"""The gateway's application with stand-ins for keys, services and views."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import cast

import pytest
from assistant_double import Owners
from described_api import app as described_app
from fastapi import FastAPI
from gateway_events import NEED, ProjectorInMemory, published

from services.gateway.features.needs.view import NeedView

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)


@pytest.fixture
def owners() -> Owners:
    view = ProjectorInMemory().project(published()).view(NeedView, NEED)
    return Owners(views={NEED: cast("NeedView", view)})


@pytest.fixture
def api(owners: Owners) -> FastAPI:
    made = described_app()
    made.state.keys = owners
    parts = {"queries": owners, "commands": owners, "views": owners, "external_ids": owners}
    made.state.backend = SimpleNamespace(
        wait_unless=owners.wait_unless, clock=SimpleNamespace(city=lambda: NOW), need_duplicate_days=30, **parts
    )
    return made
