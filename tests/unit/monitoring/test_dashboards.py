"""Grafana and Prometheus take the dashboards as they are."""

import pytest
from monitoring_files import dashboards, panels

from deploy.lianshan.dashboards.build import DASHBOARDS, file, text

FILES = dashboards()


def test_the_files_are_what_the_source_builds() -> None:
    assert {file(page).name for page in DASHBOARDS} == set(FILES)
    assert [page.uid for page in DASHBOARDS if file(page).read_text("utf-8") != text(page)] == [], (
        "run `python -m deploy.lianshan.dashboards.build`"
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
