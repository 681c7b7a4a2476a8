"""The files that are rendered from others are those that their sources give today."""

from pathlib import Path

import pytest

from deploy.lianshan.dashboards.rules import find_alert, find_selector
from deploy.lianshan.kubernetes.manifests import PLACEHOLDER
from deploy.lianshan.rendering import find_outdated, render_all
from shared.contracts.subscriptions import COMMANDED

RENDERED = render_all()


@pytest.mark.parametrize("path", RENDERED, ids=lambda path: path.name)
def test_a_rendered_file_is_as_its_source_gives_it(path: Path):
    assert path.read_text("utf-8") == RENDERED[path], "run `python -m deploy.lianshan.rendering`"


def test_a_file_that_is_old_or_missing_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    old, missing, current = (tmp_path / name for name in ("old", "missing", "current"))
    old.write_text("before")
    current.write_text("now")
    monkeypatch.setattr("deploy.lianshan.rendering.render_all", lambda: dict.fromkeys((old, missing, current), "now"))
    assert find_outdated() == [old, missing]


def test_every_message_service_has_its_file_and_no_placeholder_is_left():
    assert {f"{service}.yaml" for service in COMMANDED} <= {path.name for path in RENDERED}
    assert [path.name for path, text in RENDERED.items() if PLACEHOLDER in text] == []


def test_a_dashboard_takes_series_and_threshold_from_its_alert():
    alert = find_alert("LianshanLag")
    assert (alert.series, alert.threshold) == ('lianshan:lag_seconds:p95{realm="event"}', 30)
    assert find_selector("lianshan:http_requests:rate5m").startswith("path!~")


def test_an_alert_that_is_not_there_or_has_another_form_is_named():
    with pytest.raises(LookupError, match="no alert LianshanNothing"):
        find_alert("LianshanNothing")
    with pytest.raises(ValueError, match="LianshanServiceAbsent does not compare"):
        find_alert("LianshanServiceAbsent")
