"""Answers for operators and their probes."""

from typing import Literal

from services.gateway.http.answers import Answer


class Alive(Answer):
    """The process answers; `version` is that of the package."""

    status: Literal["alive"]
    version: str


class Readiness(Answer):
    """`wrong` names each server that does not answer, and the reason."""

    status: Literal["ready", "not ready"]
    wrong: dict[str, str]
