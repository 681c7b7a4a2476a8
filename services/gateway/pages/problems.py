"""The pages of problems and rules: each type of problem, each reason code with its sentences in English and Chinese."""

from collections.abc import Iterator, Mapping
from functools import cache
from html import escape
from typing import Any, Final

from services.gateway.http.problems import CODES
from services.gateway.pages.document import code, row, words
from services.gateway.pages.types import example
from shared.words import LANGUAGES
from shared.words.catalogues import Key, Language, catalogue

KINDS: Final = ("refusals", "validation")
"""The catalogues with the rules of problems."""


def describe_problems(responses: Mapping[str, Any]) -> Iterator[str]:
    """Yield the index: each problem that paths answer, with an example, each type, and each rule."""
    yield "<p>An error is a problem document (RFC 9457): <code>type</code> leads to a page of its own, and so does "
    yield "each <code>rule</code>. Programs go by the two; sentences are for people, in the language of the answer.</p>"
    for name, response in responses.items():
        yield f"<details id='{escape(name)}'><summary>{code(name)}</summary><p>{words(response['description'])}</p>"
        yield from (example(content["example"]) for content in response["content"].values())
        yield "</details>"
    types = "".join(row(_link("problems", each), *map(escape, _titles(each))) for each in sorted(CODES))
    yield f"<h2>Types</h2><table>{types}</table><h2>Rules</h2><table>"
    yield from (row(_link("rules", rule), *map(words, sentences)) for rule, sentences in list_rules().items())
    yield "</table>"


def describe_type_of_problem(name: str, responses: Mapping[str, Any]) -> Iterator[str]:
    """Yield the page of one type: its titles, and the answers with it."""
    yield "".join(f"<p>{escape(title)}</p>" for title in _titles(name))
    for response in responses.values():
        if f"/problems/{name}`" in response["description"]:
            yield f"<p>{words(response['description'])}</p>"
    yield '<p><code>rule</code> says which rule is broken: <a href="/problems">all problems and rules</a>.</p>'


def describe_rule(rule: str) -> Iterator[str]:
    """Yield the page of one rule: its sentence in each language, with the values of `args` in braces."""
    yield "".join(f"<p>{words(sentence)}</p>" for sentence in list_rules()[rule])
    yield "<p>In braces stand the values of <code>args</code>; <code>errors</code> names the fields at fault. "
    yield '<a href="/problems">All problems and rules</a>.</p>'


@cache
def list_rules() -> Mapping[str, tuple[str, ...]]:
    """Return each rule with its sentence in each language."""
    keys = [key for name in KINDS for key in catalogue("en", name)]
    return {key[1]: tuple(_sentence(key, language) for language in LANGUAGES) for key in keys}


def _sentence(key: Key, language: Language) -> str:
    # The last form of a plural is the general one.
    return next(catalogue(language, name)[key][-1] for name in KINDS if key in catalogue(language, name))


def _titles(name: str) -> list[str]:
    return [catalogue(language, "titles").get((None, name), (name,))[0] for language in LANGUAGES]


def _link(folder: str, name: str) -> str:
    return f'<a href="/{folder}/{escape(name)}">{code(name)}</a>'
