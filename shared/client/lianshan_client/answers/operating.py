"""Answers of operating: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import Literal, TypedDict


class Alive(TypedDict):
    """The process answers; `version` is that of the package."""

    status: Literal["alive"] | str
    version: str


class Readiness(TypedDict):
    """`wrong` names each server that does not answer, and the reason."""

    status: ReadinessStatus
    wrong: dict[str, str]


ReadinessStatus = Literal["ready", "not ready"] | str
