"""Render the files that are made from others: `python -m deploy.lianshan.rendering`.

Dashboards come from `deploy.lianshan.dashboards` and the alert rules; on Kubernetes the rules' resources and the files
of the message services come from `deploy.lianshan.kubernetes.manifests`. They are committed, because Grafana and
kubectl read files; a test compares them with their sources. It needs the development requirements.
"""

from collections.abc import Mapping
from pathlib import Path

from deploy.lianshan.dashboards import render_dashboards
from deploy.lianshan.kubernetes.manifests import render_manifests


def render_all() -> Mapping[Path, str]:
    """Return the content of every rendered file, by its path."""
    return {**render_dashboards(), **render_manifests()}


def find_outdated() -> list[Path]:
    """Return the files that are missing or older than their sources."""
    return [path for path, text in render_all().items() if not path.exists() or path.read_text("utf-8") != text]


if __name__ == "__main__":
    for file, content in render_all().items():
        file.write_text(content, encoding="utf-8")
