"""The settings of the service are the policies of its capabilities, each field in one of them."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from services.volunteering.dispatch.policy import DispatchPolicy
from services.volunteering.matching.policy import MatchingPolicy
from services.volunteering.notices.policy import NoticePolicy
from services.volunteering.people.policy import PeoplePolicy
from services.volunteering.service import VolunteeringSettings
from services.volunteering.timebank.policy import TimebankPolicy
from shared.runtime.settings import ServiceSettings

POLICIES = (DispatchPolicy, PeoplePolicy, TimebankPolicy, MatchingPolicy, NoticePolicy)


def settings(**given: Any) -> VolunteeringSettings:
    uris = {"amqp_uri": "amqp://nowhere/", "mongo_uri": "mongodb://nowhere/", "data_key": bytes(32)}
    return VolunteeringSettings(**uris, **given)


def test_each_setting_of_the_service_belongs_to_one_policy() -> None:
    own = set(VolunteeringSettings.model_fields) - set(ServiceSettings.model_fields)
    fields = [name for policy in POLICIES for name in policy.model_fields]
    assert sorted(fields) == sorted(own)


def test_a_policy_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANSHAN_OFFER_SECONDS", "60")
    monkeypatch.setenv("LIANSHAN_RECHECK_SECONDS", "1")
    monkeypatch.setenv("LIANSHAN_CITY_TIME_ZONE", "Asia/Urumqi")
    policy = DispatchPolicy.of(settings())
    assert (policy.offer_duration, policy.recheck_interval) == (timedelta(minutes=1), timedelta(seconds=1))
    assert policy.check_in_early == timedelta(hours=1)
    assert MatchingPolicy.of(settings()).city_zone == ZoneInfo("Asia/Urumqi")


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("offer_seconds", 0), ("offer_seconds", 604_801), ("wave_factor", 0), ("wave_factor", 11),
        ("wave_lead_hours", -1), ("weekly_asks", 0), ("weekly_asks", 101),
        ("max_open_offers", 0), ("max_open_offers", 51), ("check_in_early_minutes", -1),
        ("check_in_early_minutes", 1_441), ("entry_cap_minutes", 0), ("entry_cap_minutes", 1_441),
        ("recheck_seconds", 0), ("recheck_seconds", 86_401), ("recheck_seconds", 0.5), ("city_time_zone", "Nowhere"),
        ("city_time_zone", "Europe/Berlin"),
    ],
)  # fmt: skip
def test_a_setting_out_of_bounds_is_refused_by_name(name: str, wrong: object) -> None:
    with pytest.raises(ValidationError) as refused:
        settings(**{name: wrong})
    assert [error["loc"] for error in refused.value.errors()] == [(name,)]
