"""Sentences use a noun, not a clause that begins with "what" or "whoever" (CONTRIBUTING.md, How we write)."""

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from pages import ROOT, pages, prose_of

FOLDERS: Final = ("services", "shared", "deploy", "tests")
UNWANTED: Final = re.compile(r"\b(?:what|whatever|whichever|whoever|wherever|anew|returns? who)\b", re.IGNORECASE)
SUSPECT_COMMENT: Final = re.compile(rf"#[^\n]*{UNWANTED.pattern}", re.IGNORECASE)
QUOTED: Final = re.compile(r"`[^`\n]*`|\"[^\"\n]*\"|“[^”\n]*”|\*\w+\*")
"""Code, quoted output, and words that a rule names: `**What …**` in bold is prose."""
RELEASED: Final = re.compile(r"^## \[\d.*", re.MULTILINE | re.DOTALL)
"""The part of the changelog about releases that are out: history is not rewritten."""
ALLOWED: Final[frozenset[str]] = frozenset()
"""Sentences in which the word is right, such as a question."""


def _docstrings(code: str) -> Iterator[str]:
    """The texts that stand alone: docstrings, those of constants and fields among them."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.value.value


def _comments(code: str) -> Iterator[str]:
    if not SUSPECT_COMMENT.search(code):  # the tokenizer is slow
        return
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


def _find_unwanted(texts: Iterable[str]) -> list[str]:
    """The lines with an unwanted word, outside quotations."""
    lines = (line.strip() for text in texts if UNWANTED.search(text) for line in text.splitlines())
    suspect = (line for line in lines if UNWANTED.search(line) and line not in ALLOWED)
    return [line for line in suspect if UNWANTED.search(QUOTED.sub("", line))]


def _modules() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from (ROOT / folder).rglob("*.py")


def test_no_docstring_and_no_comment_has_a_clause_in_place_of_a_noun() -> None:
    modules = list(_modules())
    assert len(modules) > 300
    found = {}
    for module in modules:
        code = module.read_text("utf-8")
        if UNWANTED.search(code):  # most modules need not be parsed
            found[str(module.relative_to(ROOT))] = _find_unwanted([*_docstrings(code), *_comments(code)])
    assert {module: lines for module, lines in found.items() if lines} == {}


def test_no_page_has_a_clause_in_place_of_a_noun() -> None:
    texts = {page: RELEASED.sub("", prose_of(page)) if page == "CHANGELOG.md" else prose_of(page) for page in pages()}
    found = {page: _find_unwanted([text]) for page, text in texts.items()}
    assert {page: lines for page, lines in found.items() if lines} == {}
