"""Every page can be followed and read: links lead somewhere, and the prose keeps the rules of CONTRIBUTING.md."""

import re
from collections.abc import Iterator
from pathlib import Path

from pages import ROOT, pages, prose_of, text_of

from tests.each import for_each

PAGES = pages()
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
LONGEST_PARAGRAPH = 6
OUTSIDE = re.compile(r"\bDESIGN\b|/work/|/tmp/")
RELEASED = re.compile(r"^## \[\d.*", re.MULTILINE | re.DOTALL)
"""The part of the changelog about releases that are out: history is not rewritten."""


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    found: set[str] = set()
    for heading in re.findall(r"^#+ +(.+?) *#*$", prose_of(str(page.relative_to(ROOT))), re.MULTILINE):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        found.add(
            slug if slug not in found else next(f"{slug}-{n}" for n in range(1, 99) if f"{slug}-{n}" not in found)
        )
    return found


def prose(page: str) -> str:
    return RELEASED.sub("", prose_of(page)) if page == "CHANGELOG.md" else prose_of(page)


def paragraphs(page: str) -> Iterator[list[str]]:
    """Blocks of lines that a blank line, a table row, a heading or a list item ends."""
    block: list[str] = []
    for line in [*prose(page).splitlines(), ""]:
        begins_another = not line.strip() or re.match(r" *([|#>]|<!--|[-*] |\d+\. )|    ", line)
        if begins_another and block:
            yield block
            block = []
        if line.strip() and not re.match(r" *[|#]|<!--", line):
            block.append(line)
    if block:
        yield block


def test_there_are_pages() -> None:
    assert {"README.md", "CONTRIBUTING.md", "docs/glossary.md", "docs/laws.md"} <= set(PAGES)


@for_each("page", PAGES)
def test_each_relative_link_leads_to_a_file_and_each_anchor_to_a_heading(page: str) -> None:
    wrong = []
    for link in LINK.findall(prose_of(page)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        if not target.exists() or (anchor and anchor not in anchors(target.resolve())):
            wrong.append(link)
    assert wrong == []


@for_each("page", PAGES)
def test_no_paragraph_is_longer_than_a_reader_takes_in_at_once(page: str) -> None:
    assert [block[0] for block in paragraphs(page) if len(block) > LONGEST_PARAGRAPH] == []


@for_each("page", PAGES)
def test_no_page_refers_to_a_page_outside_the_project(page: str) -> None:
    assert OUTSIDE.findall(text_of(page)) == []
