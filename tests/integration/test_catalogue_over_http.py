"""The catalogue over HTTP and by file: labels are codes, faults are named, an owner that is away is waited for."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from gateway_stack import (
    AREA,
    ELSEWHERE,
    STREET,
    RunningGateway,
    created,
    need,
    station,
    until,
    volunteer,
)
from lianshan_command import Done
from lianshan_command import lianshan as run_lianshan

from deploy.lianshan.local.services import SOURCE

pytestmark = pytest.mark.integration
Body = dict[str, Any]
USCC = "52110102MJ0123456B"
NUMBERS = {
    "identity": "王伟 110105194912310022",
    "phone": "张三家 13912345678",
    "full width": "送到李四 １３９１２３４５６７８",
    "blanks": "李四 139 1234 5678",
    "hyphens": "李四 139-1234-5678",
    "chinese": "李四 一三九一二三四五六七八",
}


@pytest.fixture(scope="module")
def station_id(gateway: RunningGateway) -> str:
    with gateway.client() as admin:
        return station(admin, AREA)


def asks(**other: Any) -> Callable[[str, str], Body]:
    """A need with the label in the place of `...`."""
    return lambda station_id, label: need(station_id, **json.loads(json.dumps(other).replace("LABEL", label)))


LINE = {"kind": "goods", "item": "quilt", "quantity": 1, "unit": "piece"}
SLOT: Body = {"headcount": 1, "starts_at": "2030-01-01T08:00:00Z", "ends_at": "2030-01-01T10:00:00Z"}


def asks_people(tags: str) -> Callable[[str, str], Body]:
    """A need of a volunteer with the label among those tags."""
    return asks(due="2030-01-02T00:00:00Z", volunteers={**SLOT, tags: ["LABEL"]})


LABELS: dict[str, tuple[str, Callable[[str, str], Body], str, str]] = {
    "theme": ("/v1/needs", asks(theme="LABEL"), "theme", "label"),
    "group": ("/v1/needs", asks(beneficiaries={"count": 1, "groups": ["LABEL"]}), "beneficiaries.groups.0", "label"),
    "item": ("/v1/needs", asks(lines=[{**LINE, "item": "LABEL"}]), "lines.0.item", "label"),
    "unit": ("/v1/needs", asks(lines=[{**LINE, "unit": "LABEL"}]), "lines.0.unit", "unknown_unit"),
    "skill": ("/v1/needs", asks_people("skills"), "volunteers.skills.0", "label"),
    "language": ("/v1/needs", asks_people("languages"), "volunteers.languages.0", "label"),
    "a volunteer's skill": ("/v1/volunteers", lambda _, label: volunteer(skills=[label]), "skills.0", "label"),
    "a gift": (
        "/v1/donations",
        lambda station_id, label: {
            "station_id": station_id, "goods": [{"item": label, "quantity": 1, "unit": "piece"}],
        },
        "goods.0.item",
        "label",
    ),
    "station": (
        "/v1/stations",
        lambda _, name: {"area": ELSEWHERE, "name": name, "level": "station"},
        "name",
        "no_personal_number",
    ),
    "fund": ("/v1/funds", lambda _, name: {"area": STREET, "name": name}, "name", "no_personal_number"),
    "organisation": (
        "/v1/organisations",
        lambda _, name: {"name": name, "credit_code": USCC, "kind": "social_service_institution", "area": AREA},
        "name",
        "no_personal_number",
    ),
    "area": (
        "/v1/areas:batch",
        lambda _, name: {"rows": [{"code": "12", "name": name}]},
        "rows.0.name",
        "no_personal_number",
    ),
    "key": ("/v1/keys", lambda _, name: {"name": name, "roles": ["auditor"]}, "name", "no_personal_number"),
    "entry": (
        "/v1/catalogue",
        lambda _, name: {"kind": "theme", "code": "visits", "zh": name, "en": "visits"},
        "zh",
        "no_personal_number",
    ),
}  # fmt: skip


@pytest.mark.parametrize("place", LABELS)
@pytest.mark.parametrize("written", NUMBERS)
def test_a_label_or_name_with_the_number_of_a_person_is_refused_by_code_and_field(
    api: httpx.Client, station_id: str, place: str, written: str
) -> None:
    path, body, field, rule = LABELS[place]
    label = NUMBERS[written]
    answer = api.post(path, json=body(station_id, label))
    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["errors"]
    known = {"label": {"unknown_label", "unlike_any_label"}}.get(rule, {rule})
    assert error["field"] == field
    assert error["rule"] in known
    assert label not in answer.text


def test_a_citys_own_entries_have_their_words_in_answers_filters_and_traces(
    gateway: RunningGateway, api: httpx.Client, station_id: str
) -> None:
    piece = {"code": "piece", "zh": "件", "en": "piece"}
    bedside = {"kind": "item", "code": "bedside_rail", "zh": "床边护栏", "en": "bedside rail", "form": "goods"}
    created(api, "/v1/catalogue", {**bedside, "units": [piece]})
    names = {"zh": "口琴", "en": "harmonica", "synonyms": ["吹口琴"]}
    created(api, "/v1/catalogue", {"kind": "skill", "code": "harmonica", **names})
    helper = created(api, "/v1/volunteers", volunteer(skills=["吹口琴"]))
    shown = until(lambda: api.get("/v1/volunteers", params={"skill": "吹 口琴"}).json()["items"], "the filter knows it")
    assert [item["id"] for item in shown] == [helper]

    line = {"kind": "goods", "item": "床边护栏", "quantity": 3, "unit": "件"}
    need_id = created(api, "/v1/needs", need(station_id, lines=[line]))

    def reasons(language: str) -> list[str]:
        asked = api.get(f"/v1/needs/{need_id}", headers={"Accept-Language": language})
        return [part["for_what"]["text"] for part in asked.json()["waiting"]]

    until(lambda: reasons("zh") == ["所缺的3件床边护栏"], "the need waits, in the words of the city")
    assert reasons("en") == ["3 piece bedside rail"]
    for language, words in (("zh", "3件床边护栏"), ("en", "3 piece bedside rail")):
        traced = lianshan(gateway, "trace", need_id, "--lang", language)
        assert words in traced.stdout, traced.stdout + traced.stderr


def lianshan(gateway: RunningGateway, *arguments: str) -> Done:
    own = {
        "LIANSHAN_GATEWAY_URL": gateway.url,
        "LIANSHAN_ADMIN_TOKEN": gateway.key_file.read_text().strip(),
        "PYTHONPATH": str(SOURCE),
    }
    outer = {k: v for k, v in os.environ.items() if not k.startswith("LIANSHAN_")}
    return run_lianshan({**outer, **own}, *arguments)


HEADER = "kind,code,zh,en,synonyms,form,units,equivalents\n"
OATS = "item,oats,燕麦,oats,麦片|oatmeal,goods,gram|kilogram=1000|sack_10/10公斤袋/sack of 10 kg/10000,\n"
VISOR = "item,visor,护目镜,visor,,goods,piece|pack_25/25件包/pack of 25/25,goggles\n"
GOGGLES = "item,goggles,防护眼镜,goggles,,goods,piece,\n"
COFFEE = "item,coffee,咖啡,coffee,,goods,gram|kilogram=1000,\n"


def test_a_file_of_the_city_is_taken_in_and_a_gift_may_be_named_by_it(
    gateway: RunningGateway, api: httpx.Client, station_id: str, tmp_path: Path
) -> None:
    file = tmp_path / "entries.csv"
    file.write_text(HEADER + OATS + VISOR + GOGGLES, encoding="utf-8-sig")
    for _ in range(2):  # the second time it changes nothing
        done = lianshan(gateway, "catalogue", "import", str(file), "--lang", "en")
        assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "3 entries accepted, 0 refused", "")
    gift = {"item": "ＯＡＴ meal", "quantity": 3, "unit": "10公斤袋"}
    created(api, "/v1/donations", {"station_id": station_id, "goods": [gift]})
    oats = {"commodity": "goods:oats"}

    def in_stock() -> int:
        return sum(supply["available"] for supply in api.get("/v1/stock", params=oats).json()["items"])

    until(lambda: in_stock() == 30_000, "the oats are in stock")


def test_each_fault_of_a_file_names_row_column_and_rule(gateway: RunningGateway, tmp_path: Path) -> None:
    file = tmp_path / "entries.csv"
    rows = [
        COFFEE,
        COFFEE.replace("kilogram=1000", "furlong=2"),
        OATS.replace("1000|", "1024|"),
        "item,tea,茶,tea,,goods,gram,rice_of_nowhere\n",
        "theme,zhang,张三家 13912345678,zhang,,,,\n",
        "theme,elder_visit,大病救助,elder visit,养老服务,,,\n",
    ]
    file.write_text(HEADER + "".join(rows), encoding="utf-8")
    done = lianshan(gateway, "catalogue", "import", str(file), "--json", "--lang", "zh")
    told = json.loads(done.stdout)
    faults = {(fault["row"], fault["column"]): fault["code"] for fault in told["refused"]}
    assert done.returncode == 1
    assert told["accepted"] == 1
    assert faults == {
        (3, "units"): "unit_not_readable",
        (4, "units"): "factor_never_changes",
        (5, "equivalents"): "known_equivalent",
        (6, "zh"): "no_personal_number",
        (7, "synonyms"): "one_entry_a_name",
    }
    assert all("\u4e00" <= fault["text"][-2] <= "\u9fff" for fault in told["refused"]), told
    assert "13912345678" not in done.stdout


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ((HEADER + OATS).encode("gb18030"), "row 2: The text is not UTF-8: save the file as “CSV UTF-8”."),
        (HEADER.replace(",", ";").encode(), "row 1: The columns are apart by a semicolon: save the file with commas."),
        (b"x" * 10 * 1024**2, "The file has more than 8 MiB: split it."),
    ],
    ids=["gbk", "semicolons", "10 MB"],
)
def test_a_file_that_cannot_be_read_is_refused_in_one_line(
    gateway: RunningGateway, tmp_path: Path, content: bytes, line: str
) -> None:
    file = tmp_path / "entries.csv"
    file.write_bytes(content)
    done = lianshan(gateway, "catalogue", "import", str(file), "--lang", "en")
    assert (done.returncode, done.stdout, done.stderr.strip()) == (1, "", f"lianshan: {line}")


def test_a_label_that_only_an_absent_owner_may_know_is_refused_for_now_and_taken_later(
    gateway: RunningGateway, api: httpx.Client, station_id: str
) -> None:
    def give(label: str, key: str) -> httpx.Response:
        goods = [{"item": label, "quantity": 1, "unit": "piece"}]
        return api.post(
            "/v1/donations", json={"station_id": station_id, "goods": goods}, headers={"Idempotency-Key": key}
        )

    gateway.stop("stations")
    try:
        away = give("unheard of", "later")
        assert (away.status_code, away.json()["rule"]) == (503, "catalogue_owner_away"), away.text
        assert int(away.headers["retry-after"]) > 0
        assert give("quilt", "known").status_code == 201
    finally:
        gateway.start("stations")
    asked = until(lambda: (told := give("unheard of", "later")).status_code != 503 and told, "stations is back", 60)
    assert (asked.status_code, asked.json()["errors"][0]["field"]) == (422, "goods.0.item")
