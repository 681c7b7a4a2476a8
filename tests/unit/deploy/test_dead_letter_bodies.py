"""The parts of a dead letter that are shown, and the rules for an edited one."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from deploy.lianshan.dead_letters.editing import BadEditError, check_body, edit_body, find_needs
from deploy.lianshan.dead_letters.letter import MAX_REPAIRS, DeadLetter
from deploy.lianshan.dead_letters.masking import MASK, SHOWN, show_body
from shared.contracts.envelope import CONTENT_TYPE, to_cloud_event
from shared.contracts.messages import COMMANDS
from shared.contracts.stations.network import StationOpened
from shared.engine.amqp.letter_content import Content, seal_content
from shared.runtime.vault import Vault, VaultError

NOW = datetime(2026, 5, 4, 10, tzinfo=UTC)
PERSON = "name title phone email note comment reason purpose location birth_year donor text lon lat external_id".split()  # noqa: SIM905
PERSON += ["zh", "en", "synonyms", "identity_number", "guardian", "problem", "causes", "strengths", "wishes"]
PERSON += ["certificate_number", "phones", "birth_date", "address", "capacity", "removed", "contact", "content"]
PERSON += ["measured", "chosen", "sex"]
VOLUNTEER = {
    "name": "Lin Mei", "phone": "13800000000", "area": "110102009017", "location": {"lon": 116.35, "lat": 39.93},
    "birth_year": 1960, "skills": ["delivery"], "a_field_of_tomorrow": "a story",
}  # fmt: skip
EVENT = to_cloud_event(
    StationOpened(
        id="sta_1", version=1, area="110102009017", name="North", level="station", state="open", opened_at=NOW
    ),
    subject="sta_1", version=1, nth=0, time=NOW, area="110102009017", correlation="c", causation="c", traceparent="",
)  # fmt: skip


def letter(queue: str, body: Any, kind: str = "", timer: str | None = None, **more: Any) -> DeadLetter:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    content = Content(raw, {"message_id": "id-1", "type": kind})
    form = "timer" if timer else "command" if queue.endswith(".commands") else "event"
    sealed = seal_content(content, None, f"{queue}/id-1")
    return DeadLetter(
        f"{queue}/id-1", queue, form, timer or "id-1", kind, sealed, content.digest, NOW, content=content, **more
    )


def command(body: Any, kind: str = "RegisterVolunteer") -> DeadLetter:
    return letter("volunteering.commands", body, kind)


def event(**changes: Any) -> DeadLetter:
    return letter("charity.events", {**json.loads(EVENT.model_dump_json()), **changes}, EVENT.type)


def test_a_command_is_shown_without_what_is_about_the_person() -> None:
    text = show_body(command(VOLUNTEER))
    assert json.loads(text)["area"] == "110102009017"
    assert json.loads(text)["skills"] == ["delivery"]
    for secret in ("Lin Mei", "13800000000", "116.35", "1960", "a story"):
        assert secret not in text
    assert json.loads(text)["phone"] == MASK


def test_parts_within_lists_are_masked_too() -> None:
    many = letter("stations.commands", {"needs": [{"title": "Mrs Wang is alone", "theme": "health"}]}, "RegisterNeeds")
    assert json.loads(show_body(many)) == {"needs": [{"title": MASK, "theme": "health"}]}


def test_revealed_it_is_shown_as_it_came() -> None:
    assert json.loads(show_body(command(VOLUNTEER), reveal=True)) == VOLUNTEER


@pytest.mark.parametrize("odd", [command(b"Lin Mei"), command(VOLUNTEER, "NoSuchCommand"), command(["Lin Mei"])])
def test_a_command_that_nobody_knows_is_not_shown_at_all(odd: DeadLetter) -> None:
    assert "Lin Mei" not in show_body(odd)
    assert "--reveal" in show_body(odd)


def test_events_and_timers_carry_nothing_personal_and_are_shown_whole() -> None:
    assert json.loads(show_body(event()))["data"]["name"] == "North"
    assert "need_1" in show_body(letter("charity.events", {"timer": "due:need_1"}, timer="due:need_1"))


def test_no_word_for_something_about_a_person_is_on_the_list() -> None:
    assert SHOWN.isdisjoint(PERSON)
    fields = {name for model in COMMANDS.values() for name in model.model_fields}
    assert fields - SHOWN <= {*PERSON}, (
        "decide whether a new field of a command may be shown, in SHOWN of deploy/lianshan/dead_letters/masking.py"
    )


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        (["a=2"], {"a": 2, "b": [{"c": "x"}]}),
        (["a=text"], {"a": "text", "b": [{"c": "x"}]}),
        (['b.0.c={"d":1}'], {"a": 1, "b": [{"c": {"d": 1}}]}),
        (["b.1=null"], {"a": 1, "b": [{"c": "x"}, None]}),
        (["b.0.c=138"], {"a": 1, "b": [{"c": "138"}]}),
        (["new=true"], {"a": 1, "b": [{"c": "x"}], "new": True}),
        (["a=x=y"], {"a": "x=y", "b": [{"c": "x"}]}),
    ],
)
def test_values_are_set_by_their_paths(how: list[str], expected: Any) -> None:
    assert json.loads(edit_body(b'{"a":1,"b":[{"c":"x"}]}', how, [])) == expected


def test_a_path_is_removed() -> None:
    assert json.loads(edit_body(b'{"a":1,"b":[{"c":"x"}]}', [], ["b.0.c", "a"])) == {"b": [{}]}


@pytest.mark.parametrize(
    ("how", "words"),
    [("a", "path=value"), ("x.y=1", "no x"), ("b.9.c=1", "no 9"), ("b.x=1", "no place"), ("b.7=1", "1 entries")],
)
def test_a_path_that_leads_nowhere_is_refused_by_name(how: str, words: str) -> None:
    with pytest.raises(BadEditError, match=words):
        edit_body(b'{"a":1,"b":[{"c":"x"}]}', [how], [])


def test_a_good_event_is_sent_as_one_even_if_it_came_without_its_properties() -> None:
    stranger = letter("charity.events", b"not JSON")
    assert check_body(stranger, event().body) == {"content_type": CONTENT_TYPE, "type": EVENT.type}


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"id": "other"}, "id"), ({"source": "/x/y"}, "source"), ({"type": "stations.need.ready"}, "type"),
     ({"data": {}}, "id"), ({"time": "noon"}, "time")],
)  # fmt: skip
def test_an_event_must_stay_the_same_message_and_be_valid(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(BadEditError, match=field):
        check_body(event(), event(**changes).body)


def test_a_command_is_held_to_its_model_and_the_refusal_repeats_no_value() -> None:
    good = {**VOLUNTEER}
    good.pop("a_field_of_tomorrow")
    assert check_body(command(VOLUNTEER), json.dumps(good).encode()) == {"content_type": "application/json"}
    with pytest.raises(BadEditError, match="phone") as refused:
        check_body(command(VOLUNTEER), json.dumps({**good, "phone": "secret words"}).encode())
    assert "secret words" not in str(refused.value)
    with pytest.raises(BadEditError, match="knows no command"):
        check_body(command(VOLUNTEER, "Nothing"), b"{}")


def test_a_timer_keeps_its_key_and_its_data_fit_its_kind() -> None:
    body = {"timer": "t", "type": "volunteering.staffing_due", "data": {"need_id": "n"}}
    timer = letter("volunteering.events", body, timer="t")
    assert check_body(timer, json.dumps({**body, "data": {"need_id": "m"}}).encode()) == {}
    for wrong in ({**body, "timer": "u"}, {**body, "data": {}}):
        with pytest.raises(BadEditError):
            check_body(timer, json.dumps(wrong).encode())


def test_who_sent_it_back_and_what_it_was_stays_with_it() -> None:
    tried = [{"at": NOW, "code": "handler_failed", "error": "the box fell down"}]
    once = letter("charity.events", b"one", history=tried)
    (entry,) = once.repair("op", "edited", NOW)
    assert (entry["by"], entry["did"], entry["tries"], entry["error"]) == ("op", "edited", 1, "the box fell down")
    assert len(entry["was"]) == 64
    again = once
    for _ in range(30):
        again = replace(again, repairs=again.repair("op", "retried", NOW))
    assert len(again.repairs) == MAX_REPAIRS == 20


def test_a_sealed_letter_shows_its_body_only_to_the_key_that_it_was_sealed_with() -> None:
    content = Content(b"\xff\x00 Lin Mei", {"timestamp": NOW}, {"odd": b"\xff", "deep": [1, {"a": None}]}, "a.key")
    empty = letter("volunteering.commands", b"")
    sealed = replace(empty, content=None, sealed=seal_content(content, Vault(bytes(32)), empty.key))
    assert "Lin Mei" not in sealed.sealed
    assert sealed.body == b""
    opened = sealed.opened(Vault(bytes(32)))
    assert (opened.body, opened.content.routing_key) == (content.body, "a.key")  # type: ignore[union-attr]
    assert opened.content.headers["deep"] == [1, {"a": None}]  # type: ignore[union-attr]
    for wrong in (None, Vault(bytes([1] * 32))):
        with pytest.raises(VaultError):
            sealed.opened(wrong)


def test_the_refusal_of_an_edit_names_the_path_for_set_and_the_way_to_mend_it() -> None:
    with pytest.raises(BadEditError, match=r"^data\.opened_at: .*; mend it by --set data\.opened_at=VALUE$"):
        check_body(event(), edit_body(event().body, ["data.opened_at=noon"], []))
    with pytest.raises(BadEditError, match=r"^time: .*; mend it by --set time=VALUE$"):
        check_body(event(), edit_body(event().body, ["time=noon"], []))
    with pytest.raises(BadEditError, match=r"^phone: .*; mend it by --set phone=VALUE$"):
        check_body(command(VOLUNTEER), edit_body(command(VOLUNTEER).body, ["phone=x"], ["a_field_of_tomorrow"]))
    with pytest.raises(BadEditError, match=r"^data\.open\.at: there is no open on the way; it has area, brand, "):
        edit_body(event().body, ["data.open.at=1"], [])


@pytest.mark.parametrize(
    ("before", "body", "named"),
    [
        (event(data={"need_id": "n", "id": "l"}), {"data": {"need_id": "m", "id": "k"}}, {"data.need_id": "m"}),
        (event(data={"need_id": "n"}), {"data": {"need_id": "n"}}, {}),
        (event(data="torn"), {"data": {"id": "need_1"}}, {"data.id": "need_1"}),
        (command({"id": "need_1"}, "PublishNeed"), {"id": "need_2"}, {"id": "need_2"}),
        (letter("charity.events", b"no JSON"), {"data": {"id": "org_1"}}, {}),
    ],
)
def test_the_needs_that_an_edit_newly_names_are_found(before: DeadLetter, body: Any, named: dict[str, str]) -> None:
    assert find_needs(before, json.dumps(body).encode()) == named
