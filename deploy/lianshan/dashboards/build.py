"""The dashboards as Grafana imports them: `python -m deploy.lianshan.dashboards.build` writes a JSON file for each."""

import json
from pathlib import Path
from typing import Final

from deploy.lianshan.dashboards.pages import ENGINE, GATEWAY, OVERVIEW, SERVERS
from deploy.lianshan.dashboards.panels import Dashboard

FOLDER: Final = Path(__file__).resolve().parents[2] / "monitoring" / "dashboards"
DASHBOARDS: Final[tuple[Dashboard, ...]] = (OVERVIEW, ENGINE, GATEWAY, SERVERS)


def text(dashboard: Dashboard) -> str:
    """The content of its file."""
    return json.dumps(dashboard.to_json(), indent=2, ensure_ascii=False) + "\n"


def file(dashboard: Dashboard) -> Path:
    """Where it is kept."""
    return FOLDER / f"{dashboard.uid.removeprefix('lianshan-')}.json"


if __name__ == "__main__":
    for page in DASHBOARDS:
        file(page).write_text(text(page), encoding="utf-8")
