"""The cluster alerts by the same rules, and shows the same dashboards, as everywhere."""

import json
import re

import pytest
import yaml
from kubernetes_rendered import FOLDER, OVERLAYS, of_kind, the

from deploy.lianshan.kubernetes.manifests import KUBERNETES, RULES, render_manifests


def test_the_rules_for_the_operator_are_made_from_the_rules_as_they_are():
    file = KUBERNETES / "base" / "monitoring" / "rules.yaml"
    assert file.read_text() == render_manifests()[file], "run `python -m deploy.lianshan.rendering`"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_no_rule_is_left_out(overlay: str):
    sent = {rule["metadata"]["name"]: rule["spec"] for rule in of_kind(overlay, "PrometheusRule")}
    assert sent == {path.stem: yaml.load(path.read_text(), yaml.CSafeLoader) for path in RULES.glob("*.yaml")}
    assert sent


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_alert_on_a_lost_service_knows_the_name_that_its_job_has_here(overlay: str):
    rules = [r for found in of_kind(overlay, "PrometheusRule") for g in found["spec"]["groups"] for r in g["rules"]]
    (jobs,) = {found[1] for rule in rules if (found := re.search(r'up\{job=~"([^"]*lianshan[^"]*)"\}', rule["expr"]))}
    for monitor in ("services", "gateway"):
        told = the(overlay, "PodMonitor", monitor)["metadata"]
        assert re.fullmatch(jobs, f"{told['namespace']}/{told['name']}")


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_grafana_is_given_every_dashboard(overlay: str):
    found = the(overlay, "ConfigMap", "dashboards")
    assert found["metadata"]["labels"]["grafana_dashboard"] == "1"
    pages = {
        path.name: json.loads(path.read_text()) for path in (FOLDER.parent / "monitoring" / "dashboards").glob("*.json")
    }
    assert {name: json.loads(text) for name, text in found["data"].items()} == pages
