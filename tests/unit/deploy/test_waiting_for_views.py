"""`lianshan views rebuild` ends with the reason where the new generation will not be read."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, repeat
from typing import Any

import pytest
import typer

from deploy.lianshan import views
from deploy.lianshan.cli import views as command
from deploy.lianshan.views import ViewReport

BUILDING = ViewReport(
    view="needs", collections=["needs"], live=1, edition=1, behind=0, building=2, to_follow=50, retired=0, skipped=0,
    since="", by="me",
)  # fmt: skip


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Have the store report these states in turn, the last one for ever, and no time be lost between two looks."""
    monkeypatch.setattr(command, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(command, "STILL_SECONDS", -1.0)

    def tell(*states: ViewReport) -> None:
        turns: Iterator[ViewReport] = chain(states, repeat(states[-1]))
        monkeypatch.setattr(views, "report", lambda *_: [next(turns)])

    return tell


def test_it_waits_until_the_new_generation_is_read(told: Any) -> None:
    told(BUILDING, replace(BUILDING, to_follow=3), replace(BUILDING, live=2, building=0))
    command._wait(None, ["needs"])  # type: ignore[arg-type]


def test_a_feed_that_moves_on_is_no_progress(told: Any, capsys: pytest.CaptureFixture[str]) -> None:
    told(BUILDING, replace(BUILDING, to_follow=60), replace(BUILDING, to_follow=70))
    with pytest.raises(typer.Exit):
        command._wait(None, ["needs"])  # type: ignore[arg-type]
    assert "60 events are still to follow" in capsys.readouterr().err


def test_a_generation_that_lacks_events_is_named_with_the_next_step(
    told: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    told(replace(BUILDING, to_follow=0, skipped=2))
    with pytest.raises(typer.Exit):
        command._wait(None, ["needs"])  # type: ignore[arg-type]
    shown = capsys.readouterr().err
    assert "needs: the new generation lacks events" in shown
    assert "view_skips_event" in shown
