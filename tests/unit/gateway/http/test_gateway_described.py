"""The description of the API shows the body of each path."""

import pytest
from pydantic import create_model

from services.gateway.http.documented import describe
from shared.contracts.messages import Message


def test_two_bodies_of_one_name_are_refused_because_one_would_be_shown_for_both(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("services.gateway.http.documented.BODIES", {})
    first, same, other = (create_model("ExtendIn", __base__=Message, __module__=m) for m in ("needs", "needs", "kinds"))
    describe(Message, body=first)
    describe(Message, body=same)
    with pytest.raises(ValueError, match="two bodies are called ExtendIn"):
        describe(Message, body=other)
