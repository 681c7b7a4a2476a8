"""Grafana and Prometheus take the dashboards as they are."""

from pathlib import Path

import pytest
import yaml
from monitoring_files import dashboards, panels, promtool, queries

from deploy.dashboards.build import DASHBOARDS, file, text

FILES = dashboards()


def test_the_files_are_what_the_source_builds() -> None:
    assert {file(page).name for page in DASHBOARDS} == set(FILES)
    assert [page.uid for page in DASHBOARDS if file(page).read_text("utf-8") != text(page)] == [], (
        "run `python -m deploy.dashboards.build`"
    )


@pytest.mark.parametrize("name", FILES)
def test_panels_are_told_apart_do_not_overlap_and_ask_the_chosen_prometheus(name: str) -> None:
    dashboard = FILES[name]
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids))
    taken: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        columns, lines = range(place["x"], place["x"] + place["w"]), range(place["y"], place["y"] + place["h"])
        cells = {(x, y) for x in columns for y in lines}
        assert not taken & cells
        assert all(x < 24 for x, _ in cells)
        taken |= cells
    assert [v["type"] for v in dashboard["templating"]["list"] if v["name"] == "datasource"] == ["datasource"]
    for panel in panels(dashboard):
        assert panel["description"]
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {"${datasource}"}


def test_no_two_dashboards_share_an_address() -> None:
    assert len({dashboard["uid"] for dashboard in FILES.values()}) == len(FILES)


def test_every_query_is_one_that_prometheus_understands(tmp_path: Path) -> None:
    checked = [{"record": "checked", "expr": expr, "labels": {"place": place}} for place, expr in queries().items()]
    rules = tmp_path / "queries.yaml"
    rules.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": checked}]}))
    done = promtool("check", "rules", str(rules))
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(checked)} rules found" in done.stdout
