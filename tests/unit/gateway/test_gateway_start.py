"""The gateway's API does not start on a store that cannot be prepared, and its operator reads why."""

import pytest
from pymongo.errors import NetworkTimeout

from services.gateway import __main__ as gateway
from services.gateway.settings import GatewaySettings


def test_a_store_whose_majority_lags_ends_the_start_with_the_next_step(monkeypatch: pytest.MonkeyPatch) -> None:
    for check in ("check_port", "check_start"):
        monkeypatch.setattr(gateway, check, lambda *_: None)

    def claim(_: GatewaySettings) -> None:
        raise NetworkTimeout("localhost:27017: timed out")

    monkeypatch.setattr(gateway, "_claim_store", claim)
    why = gateway._hindrance(GatewaySettings(amqp_uri="amqp://localhost", mongo_uri="mongodb://localhost"))
    assert why is not None
    assert "LIANSHAN_MONGO_URI" in why
    assert "rs.status()" in why
