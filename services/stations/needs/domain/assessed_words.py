"""The words of a need's assessments: a list in the order of their numbers, sealed in one piece."""

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic_core import from_json, to_json

from services.stations.needs.domain.need import Need
from shared.contracts.stations.assessing import AssessmentAnswer, AssessNeed

WORDS: Final = ("problem", "causes", "strengths", "wishes")
Words = Mapping[str, str]


def write_assessments(earlier: Sequence[Words], asked: AssessNeed) -> str:
    """Return the words of all assessments as they are sealed, with those of a new one at the end."""
    new = {name: words for name in WORDS if (words := getattr(asked, name))}
    return to_json([*earlier, new]).decode()


def open_assessments(words: str) -> tuple[Words, ...]:
    """Return the words of each assessment, of the list as it was sealed."""
    return tuple(from_json(words))


def list_assessments(need: Need, words: Sequence[Words]) -> tuple[AssessmentAnswer, ...]:
    """Return the assessments of the need with their words, where there are any left."""
    left = [*words, *({} for _ in need.assessments[len(words) :])]
    return tuple(
        AssessmentAnswer(number=nth, at=one.at, by=one.by, risk=one.risk, domains=one.domains, **said)
        for nth, (one, said) in enumerate(zip(need.assessments, left, strict=True), 1)
    )
