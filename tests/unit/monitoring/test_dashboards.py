"""Grafana and Prometheus take the dashboards as they are."""

import pytest
from monitoring_files import dashboards, panels

from deploy.lianshan.dashboards import render_dashboards

FILES = dashboards()


def test_the_files_are_what_the_source_builds() -> None:
    rendered = render_dashboards()
    assert {path.name for path in rendered} == set(FILES)
    assert [path.name for path, text in rendered.items() if path.read_text("utf-8") != text] == [], (
        "run `python -m deploy.lianshan.rendering`"
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
