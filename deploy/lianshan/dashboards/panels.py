"""The parts of a Grafana dashboard: panels with their places, variables, the frame.

https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

COLUMNS: Final = 24
SCHEMA: Final = 39
"""Grafana 10.2 and newer read it as it is."""
DATASOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}

Json = dict[str, object]
"""An object of Grafana's own JSON."""


@dataclass(frozen=True)
class Query:
    """An expression of Prometheus, and the name of each of its lines."""

    expr: str
    legend: str = ""


@dataclass(frozen=True)
class Panel:
    """One panel. `bad` is the value from which a number is shown in red; `wide` is in columns of 24."""

    title: str
    about: str
    queries: tuple[Query, ...]
    unit: str = "short"
    kind: str = "timeseries"
    wide: int = 8
    high: int = 8
    bad: float | None = None
    stacked: bool = False

    def to_json(self, number: int, place: Mapping[str, int]) -> Json:
        """Return it as Grafana reads it, with its number and its place."""
        defaults: Json = {"unit": self.unit, "min": 0}
        if self.bad is not None:
            # Grafana writes a whole number without a point, and so does a file that it exports.
            bad = int(self.bad) if self.bad == int(self.bad) else self.bad
            steps = [{"color": "green", "value": None}, {"color": "red", "value": bad}]
            defaults["thresholds"] = {"mode": "absolute", "steps": steps}
        if self.stacked:
            defaults["custom"] = {"fillOpacity": 30, "stacking": {"mode": "normal", "group": "A"}}
        return {
            "id": number,
            "title": self.title,
            "description": self.about,
            "type": self.kind,
            "datasource": DATASOURCE,
            "gridPos": place,
            "fieldConfig": {"defaults": defaults, "overrides": []},
            "options": _OPTIONS.get(self.kind, {}),
            "targets": [
                {
                    "refId": chr(ord("A") + position),
                    "datasource": DATASOURCE,
                    "expr": query.expr,
                    "legendFormat": query.legend or "__auto",
                    "instant": self.kind == "stat",
                    "range": self.kind != "stat",
                }
                for position, query in enumerate(self.queries)
            ],
        }


@dataclass(frozen=True)
class Row:
    """A heading over panels."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class Dashboard:
    """A page. `variable` is the metric and its label that the page can be narrowed by."""

    uid: str
    title: str
    about: str
    rows: tuple[Row, ...]
    variable: tuple[str, str] | None = None

    def to_json(self) -> Json:
        """Return it as Grafana imports it."""
        return {
            "uid": self.uid,
            "title": self.title,
            "description": self.about,
            "tags": ["lianshan"],
            "schemaVersion": SCHEMA,
            "version": 1,
            "editable": True,
            "refresh": "30s",
            "time": {"from": "now-6h", "to": "now"},
            "timezone": "browser",
            "templating": {"list": self._make_variables()},
            "annotations": {"list": [_ALERTS]},
            "panels": _lay_out(self.rows),
        }

    def _make_variables(self) -> list[Json]:
        found: list[Json] = [
            {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus", "hide": 0}
        ]
        if self.variable is not None:
            metric, label = self.variable
            query = f"label_values({metric}, {label})"
            found.append({
                "name": label, "label": label.capitalize(), "type": "query", "datasource": DATASOURCE, "query": query,
                "definition": query, "refresh": 2, "sort": 1, "multi": True, "includeAll": True, "allValue": ".+",
                "current": {"text": "All", "value": "$__all"}, "hide": 0,
            })  # fmt: skip
        return found


_OPTIONS: Final[Mapping[str, Json]] = {
    "stat": {"reduceOptions": {"calcs": ["lastNotNull"]}, "colorMode": "background", "graphMode": "area"},
    "timeseries": {
        "legend": {"displayMode": "list", "placement": "bottom"},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
}
_ALERTS: Final = {
    "name": "Alerts",
    "datasource": DATASOURCE,
    "enable": True,
    "iconColor": "red",
    "expr": 'ALERTS{alertstate="firing", alertname=~"Lianshan.*"}',
    "titleFormat": "{{alertname}}",
    "textFormat": "{{service}} {{queue}}",
}


def _lay_out(rows: tuple[Row, ...]) -> list[Json]:
    """Place the panels from left to right, in a new line where one does not fit any more."""
    made: list[Json] = []
    y = 0
    for row in rows:
        place = {"x": 0, "y": y, "w": COLUMNS, "h": 1}
        made.append({"id": len(made) + 1, "type": "row", "title": row.title, "collapsed": False, "gridPos": place,
                     "panels": []})  # fmt: skip
        y, x, high = y + 1, 0, 0
        for panel in row.panels:
            if x + panel.wide > COLUMNS:
                y, x, high = y + high, 0, 0
            made.append(panel.to_json(len(made) + 1, {"x": x, "y": y, "w": panel.wide, "h": panel.high}))
            x, high = x + panel.wide, max(high, panel.high)
        y += high
    return made
