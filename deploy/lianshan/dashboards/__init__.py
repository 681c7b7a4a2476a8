"""The dashboards as Grafana imports them: a JSON file for each, rendered from `pages` and from the alert rules."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from deploy.lianshan.dashboards.pages import ENGINE, GATEWAY, OVERVIEW, SERVERS
from deploy.lianshan.dashboards.panels import Dashboard

FOLDER: Final = Path(__file__).resolve().parents[2] / "monitoring" / "dashboards"
DASHBOARDS: Final[tuple[Dashboard, ...]] = (OVERVIEW, ENGINE, GATEWAY, SERVERS)


def render_dashboards() -> Mapping[Path, str]:
    """Return the content of each dashboard's file, by its path."""
    return {
        FOLDER / f"{page.uid.removeprefix('lianshan-')}.json": (
            json.dumps(page.to_json(), indent=2, ensure_ascii=False) + "\n"
        )
        for page in DASHBOARDS
    }
