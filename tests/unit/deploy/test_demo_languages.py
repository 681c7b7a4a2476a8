"""The demo speaks one language from its first line to its last; invented names stay as they are."""

import io
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from contract_samples import sample_data
from languages import chinese_parts, english_parts
from rich.console import Console

from deploy.lianshan.demo import report, scene, script
from deploy.lianshan.demo.event_lines import describe_event
from deploy.lianshan.demo.observations import Day
from deploy.lianshan.demo.transcript import SERVICES, STYLES, Transcript
from deploy.lianshan.demo.words import DemoWords, read_demo_catalogue
from deploy.lianshan.laws import LAWS
from shared.contracts.messages import EVENTS
from shared.contracts.registry import load_contracts
from shared.words import LANGUAGES, Language
from shared.words.wording import placeholders

load_contracts()
ROOT = Path(__file__).parents[3]
NAMES = scene.names()
STATES = {"stations.need.": "published", "charity.link.": "waiting", "volunteering.staffing.": "waiting"}
REASONS = {
    "for_what": {"code": "for_commodity", "args": {"missing": 3, "commodity": "goods:wheelchair"}},
    "reason": {"code": "people_missing", "args": {"found": 0, "headcount": 3, "asked": 1}},
    "next_step": {"code": "next_gift_or_release", "args": {}},
}


def recorded(kind: str) -> object:
    """An event as the demo receives it, with the names and the reasons of the scene."""
    data = sample_data(kind)
    data |= {"waiting": [REASONS]} if "waiting" in data else {}
    data |= {"name": scene.STATIONS["017"]} if "name" in data else {}
    data |= (
        {"goods": [{"item": "quilt", "quantity": 2, "unit": "piece", "base_unit": "piece", "base_quantity": 2}]}
        if "goods" in data
        else {}
    )
    data |= {"services": [{"item": "counselling", "quantity": 2}]} if "services" in data else {}
    return EVENTS[kind].model_validate(data)


def played(language: Language) -> str:
    """The transcript of every kind of event, of a report of an empty day, and of each note and heading."""
    words = DemoWords(language)
    transcript = Transcript(words)
    transcript.console = Console(file=io.StringIO(), width=200)
    for kind in sorted(EVENTS):
        line = describe_event(recorded(kind), words)  # type: ignore[arg-type]
        if line is not None:
            transcript.add_line(0.0, kind.partition(".")[0], script.MEDICATION.short.of(language), line)
    transcript.console.print(report.make_needs_table(Day(), words))
    report.print_laws(transcript.console, {}, words)
    for found in report.find_deviations(Day(), {}, words):
        transcript.add_note(found)
    for scripted in script.NEEDS:
        transcript.add_note(f"{scripted.short.of(language)} {scripted.title.of(language)}")
    file = transcript.console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_the_english_demo_has_chinese_only_in_names() -> None:
    assert chinese_parts(played("en"), NAMES) == []


def test_the_chinese_demo_has_no_english_sentence() -> None:
    assert english_parts(played("zh")) == []


def test_the_rule_sees_a_sentence_of_the_other_language() -> None:
    assert english_parts("资源 waits for 3 wheelchairs") == ["waits for"]
    assert english_parts("一次提交 /v1/needs:batch，MongoDB，http://127.0.0.1/docs the") == []
    assert chinese_parts("station opened: 榆树馆社区社工站", NAMES) == []
    assert chinese_parts("station 社工站 opened", NAMES) == ["社工站"]


def test_both_languages_have_the_same_messages_with_the_same_values() -> None:
    english, chinese = (read_demo_catalogue(language) for language in LANGUAGES)
    assert english.keys() == chinese.keys()
    for key, forms in english.items():
        kinds = {frozenset(placeholders(form) - {("count", "")}) for form in (*forms, *chinese[key])}
        assert len(kinds) == 1, key


def test_each_message_that_the_demo_says_is_in_its_catalogue_and_no_other() -> None:
    folder = ROOT / "deploy/lianshan/demo"
    text = "".join(file.read_text("utf-8") for file in folder.glob("*.py"))
    said = set(re.findall(r"(?:say|begin_part|noting|note_time|wait_until)\(\s*[\"']([^\"']+)[\"']", text))
    said |= {name for name, _, _ in report.COLUMNS} | {f"law_{law}" for law in LAWS}
    assert said == {code for context, code in read_demo_catalogue("en") if context is None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_need_can_be_posted_in_either_language(language: Language) -> None:
    for scripted in script.NEEDS:
        body = scripted.body("station_1", datetime(2026, 3, 2, tzinfo=UTC), language)
        assert body["title"] == scripted.title.of(language)


def test_each_item_unit_and_skill_of_the_scene_has_a_word() -> None:
    items = {
        part for gift in (*scene.GIFTS, scene.WHEELCHAIRS) for item, _, unit in gift.goods for part in (item, unit)
    }
    items |= {item for gift in scene.GIFTS for item, _ in gift.services} | {skill for skill, *_ in scene.SKILLS}
    for language in LANGUAGES:
        assert {item for item in items if DemoWords(language).label(item) is None} == set()


def test_every_service_has_its_column_in_either_language() -> None:
    assert all(label.en and label.zh for label, _ in SERVICES.values())
    assert STYLES.keys() == {"good", "waits", "bad", "new", ""}
