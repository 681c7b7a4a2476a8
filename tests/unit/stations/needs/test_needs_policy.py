"""The rules about needs that a city decides reach the handlers."""

from datetime import timedelta

import pytest
from pydantic import ValidationError
from stations_in_memory import StationsInMemory

from services.stations.needs.policy import NeedsPolicy
from services.stations.service import StationsSettings

HOUR = timedelta(hours=1)


def settings(**given: int) -> StationsSettings:
    return StationsSettings(amqp_uri="amqp://nowhere/", mongo_uri="mongodb://nowhere/", data_key=bytes(32), **given)


def test_the_setting_is_the_policy(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LIANSHAN_NEED_GRACE_MINUTES", "45")
    assert NeedsPolicy.of(settings()).reopened_grace == timedelta(minutes=45)


@pytest.mark.parametrize("minutes", [0, 7 * 24 * 60 + 1])
def test_a_setting_beyond_its_bounds_is_refused(minutes: int):
    with pytest.raises(ValidationError, match="need_grace_minutes"):
        settings(need_grace_minutes=minutes)


def test_a_need_that_falls_back_after_its_due_time_has_as_long_as_the_city_decides():
    stations = StationsInMemory(NeedsPolicy(need_grace_minutes=5))
    need_id = stations.register(lines=[]).id
    stations.staff(need_id, 1, 2)
    stations.engine.advance(9 * HOUR)
    stations.staff(need_id, 2, 1, "searching")

    stations.engine.advance(timedelta(minutes=4))
    assert stations.need(need_id).state == "published"
    stations.engine.advance(timedelta(minutes=2))
    assert stations.need(need_id).state == "unmet"
