"""Answers, for the documentation: what the routes give back is built by `domain.reading`."""

from pydantic import BaseModel, Field


class BrokenRule(BaseModel):
    """One field that breaks one rule."""

    field: str = Field(description="Where: a dotted path into the body, a parameter or a header.")
    rule: str = Field(description="Which rule, in one or a few words.")
    detail: str = Field(description="What is wrong with it.")


class ProblemDocument(BaseModel):
    """RFC 9457."""

    type: str = Field(examples=["/problems/invalid"])
    title: str
    status: int
    detail: str = Field(description="What happened and what to do now.")
    instance: str
    errors: list[BrokenRule] = Field(default=[])
