"""Codes and machine values become sentences in the language of the reader, by the city's clock and in its units."""

from zoneinfo import ZoneInfo

import pytest

from shared.contracts import Refused
from shared.contracts.catalogue import Entry
from shared.contracts.catalogue.matching import SHIPPED
from shared.words import Language, Wording, language_of_environment

EN, ZH = Wording("en"), Wording("zh")


@pytest.mark.parametrize(
    ("wording", "expected"),
    [(EN, ["CNY 1,234.5", "CNY 1", "CNY 0.07"]), (ZH, ["1,234.5元", "1元", "0.07元"])],
)
def test_money_is_kept_in_fen_and_read_in_yuan(wording: Wording, expected: list[str]) -> None:
    assert [wording.money(fen) for fen in (123450, 100, 7)] == expected


@pytest.mark.parametrize(
    ("wording", "expected"),
    [(EN, ["1 minute", "1 hour", "2 hours 5 minutes"]), (ZH, ["1分钟", "1小时", "2小时5分钟"])],
)
def test_time_is_kept_in_minutes_and_read_in_hours(wording: Wording, expected: list[str]) -> None:
    assert [wording.duration(minutes) for minutes in (1, 60, 125)] == expected


def test_an_instant_is_read_by_the_citys_clock() -> None:
    assert ZH.instant("2030-04-30T22:05:00+00:00") == "2030年5月1日 06:05"
    assert Wording("en", ZoneInfo("Europe/London")).instant("2030-04-30T22:05:00+00:00") == "30 Apr 2030, 23:05"
    assert EN.date("2030-04-30T22:05:00+00:00") == "1 May 2030"


def test_an_amount_is_read_in_the_unit_of_its_commodity() -> None:
    shield = Entry.model_validate(
        {
            "kind": "item", "code": "face_shield", "zh": "面罩", "en": "face shield", "form": "goods",
            "units": [
                {"code": "piece", "zh": "件", "en": "piece"},
                {"code": "pack_25", "zh": "25件包", "en": "pack of 25", "factor": 25},
            ],
        }
    )  # fmt: skip
    of_city = SHIPPED.with_entries([shield])
    assert Wording("zh", catalogue=lambda: of_city).quantity(1250, "goods:face_shield") == "50×25件包面罩"
    assert Wording("en", catalogue=lambda: of_city).quantity(1, "goods:face_shield") == "1 piece face shield"
    assert ZH.quantity(1250, "goods:face_shield") == "1,250face_shield"
    assert ZH.quantity(1250, "goods:quilt") == "1,250件棉被"
    assert EN.quantity(3, "goods:quilt") == "3 piece quilt"
    assert ZH.quantity(500, "CNY") == "5元"
    assert ZH.quantity(2, "service:心理辅导") == "2次心理辅导"


def test_a_sentence_names_the_states_and_the_field() -> None:
    args = {"state": "in_service", "action": "cancel", "allowed": "draft,published,ready"}
    assert EN.sentence("need_not_in_state", args).endswith("only in state draft, published, or ready.")
    assert (
        ZH.sentence("need_not_in_state", args) == "需求处于“服务中”状态，不能取消；允许的状态：草稿、已发布或已就绪。"
    )
    assert EN.sentence("missing", {}, field="title") == "Give title."


def test_things_that_all_hold_are_no_alternatives() -> None:
    amended = {"parts": "place,due,lines", "because": "entered_wrongly"}
    assert EN.sentence("need_amended", amended).startswith("amended (place, due time, and lines):")
    assert ZH.sentence("need_amended", amended).startswith("更正（地点、到期时间和明细）：")
    assert EN.sentence("linked_from", {"rings": "station,city"}).endswith("own station and city")


def test_the_code_and_the_state_of_a_newer_release_are_shown_and_break_nothing() -> None:
    assert "moon_is_full" in ZH.sentence("moon_is_full", {"phase": 3})
    assert "“asleep”" in EN.sentence("need_not_in_state", {"state": "asleep", "action": "wake", "allowed": "awake"})
    # A value that is missing, or of a form of which this release knows nothing.
    assert "?" in EN.sentence("due_too_late", {})
    assert "soon" in ZH.sentence("check_in_not_open", {"opens_at": "soon", "closes_at": "2030-05-01T00:00:00Z"})


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "C"}, "en"),
        ({}, "en"),
    ],
)
def test_a_command_speaks_the_language_of_its_environment(environment: dict[str, str], language: Language) -> None:
    assert language_of_environment(environment) == language


def test_a_refusal_is_no_sentence() -> None:
    with pytest.raises(ValueError, match="reason code"):
        Refused("invalid", "The due time has passed.")
    with pytest.raises(ValueError, match="unknown refusal code"):
        Refused("bad", "due_passed")


def test_a_refusal_comes_through_an_answer_as_it_was() -> None:
    refusal = Refused("conflict", "overdraft", field="amount", account_id="a", available=3, amount=4)
    assert Refused.from_json(refusal.to_json()).to_json() == refusal.to_json()


def test_a_refusal_of_another_form_is_a_failure_that_names_no_sentence() -> None:
    read = Refused.from_json({"code": "asleep", "rule": "Too late."})
    assert (read.code, read.rule) == ("failed", "unreadable_refusal")


def test_the_values_of_a_refusal_are_bounded() -> None:
    values = {f"v{n}": "x" * 1000 for n in range(30)}
    kept = Refused("invalid", "due_passed", **values).values
    assert (len(kept), max(len(str(value)) for value in kept.values())) == (12, 512)


def test_entries_of_the_catalogue_are_read_by_their_names_and_chosen_by_name_or_code() -> None:
    near = {"kind": "group", "nearest": "elderly,living_alone", "field": "人群"}
    assert "老年人（elderly）或独居（living_alone）" in ZH.sentence("unknown_label", near)
    assert "elderly people (elderly) or living alone (living_alone)" in EN.sentence("unknown_label", near)
    assert "健康服务" in ZH.sentence("alike_place_and_theme", {"theme": "health"})
    assert "added_by_another_release" in ZH.sentence("alike_items", {"items": "rice,added_by_another_release"})


def test_the_step_of_an_alert_names_its_severity() -> None:
    for code in ("answer_alert", "treat_alert", "check_dismissal"):
        assert "危急" in ZH.sentence(code, {"severity": "critical", "escalate": 30})
