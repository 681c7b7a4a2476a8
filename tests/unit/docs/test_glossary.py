"""The glossary is complete and unambiguous: one term, one meaning, and each capability has its term."""

import re
from collections import Counter
from pathlib import Path

from pages import ROOT, rows_of, text_of

PAGE = "docs/glossary.md"
TERMS_HEADER = ["term", "Chinese", "meaning", "where"]
WIRE_HEADER = ["wire name", "term", "where it appears", "meaning there"]
SOURCES_HEADER = ["short form", "source"]


def _tables() -> dict[str, list[list[str]]]:
    """The rows of the tables that begin with each header, without the header rows."""
    found: dict[str, list[list[str]]] = {"term": [], "wire name": [], "short form": []}
    current = ""
    for row in rows_of(PAGE):
        if row in (TERMS_HEADER, WIRE_HEADER, SOURCES_HEADER):
            current = row[0]
        else:
            found[current].append(row)
    return found


TABLES = _tables()
TERMS = TABLES["term"]


def _capabilities() -> list[str]:
    """Every folder of a service whose `__init__.py` declares a capability; the gateway's are its features."""
    packages = (ROOT / "services").glob("*/**/__init__.py")
    found = [
        init.parent for init in packages if re.search(r"^(CAPABILITY|FEATURE)\b", init.read_text("utf-8"), re.MULTILINE)
    ]
    return sorted(str(folder.relative_to(ROOT)) for folder in found)


def _contract_modules() -> list[str]:
    modules = (ROOT / "shared/contracts").glob("*/[a-z]*.py")
    return sorted(str(module.relative_to(ROOT)) for module in modules)


def _places() -> set[str]:
    return {place for row in TERMS for place in re.findall(r"`([^`]+)`", row[3])}


def test_the_glossary_has_terms_and_wire_names() -> None:
    assert len(TERMS) > 100
    assert len(TABLES["wire name"]) > 5


def test_every_row_has_four_cells_and_none_is_empty() -> None:
    assert [row for row in TERMS + TABLES["wire name"] if len(row) != 4 or not all(row)] == []


def test_every_other_row_names_a_source() -> None:
    assert all(len(row) == 2 and all(row) for row in TABLES["short form"])


def test_no_term_comes_twice() -> None:
    assert [term for term, times in Counter(row[0].lower() for row in TERMS).items() if times > 1] == []


def test_no_chinese_term_comes_twice() -> None:
    assert [term for term, times in Counter(row[1] for row in TERMS).items() if times > 1] == []


def test_every_chinese_term_is_chinese() -> None:
    assert [row[1] for row in TERMS if not re.fullmatch(r"[\u4e00-\u9fff]+", row[1])] == []


def test_every_wire_name_stands_for_a_term() -> None:
    terms = {row[0] for row in TERMS}
    assert [row[1] for row in TABLES["wire name"] if row[1] not in terms] == []


def test_every_term_says_where_it_lives() -> None:
    assert [row[0] for row in TERMS if not re.fullmatch(r"`[^`]+`", row[3])] == []


def test_every_source_that_a_row_cites_is_in_the_list_of_sources() -> None:
    short = {name.strip() for row in TABLES["short form"] for name in row[0].split(",")}
    cited = re.findall(r"(?:\(|; |, )((?:[A-Z]\w+ )?(?:Law|Regulations|PIPL|GB/T \d+|MZ/T \d+))", text_of(PAGE))
    assert set(cited) <= short
    assert len(set(cited)) > 3


def test_every_capability_has_a_term() -> None:
    places, missing = _places(), []
    for folder in _capabilities():
        # A feature of the gateway has the term of the capability that it shows.
        shown = f"services/[a-z]+/{Path(folder).name}" if "/features/" in folder else folder
        missing += [] if any(re.fullmatch(f"{folder}|{shown}", place) for place in places) else [folder]
    assert missing == [], f"{PAGE} has no term that lives in these packages: add a row for each"


def test_every_module_of_contracts_has_a_term() -> None:
    def capability(module: str) -> str:
        return module.replace("shared/contracts", "services").removesuffix(".py")

    missing = [module for module in _contract_modules() if not {module, capability(module)} & _places()]
    assert missing == [], f"{PAGE} has no term that lives in these modules or their capabilities: add a row for each"
