"""Tracing is added by one line in an overlay, and opens one way more."""

import os
from pathlib import Path

import pytest
import yaml
from kubernetes_rendered import (
    FOLDER,
    SERVICES,
    Object,
    deployments,
    matches,
    pod_labels,
    render,
    rendered,
    shared_settings,
)
from kubernetes_validate import validate

from shared.runtime.secretfiles import variable
from shared.runtime.settings import ServiceSettings


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> tuple[Object, ...]:
    folder: Path = tmp_path_factory.mktemp("overlay")
    there = os.path.relpath(FOLDER, folder)
    told = {"resources": [f"{there}/overlays/city"], "components": [f"{there}/components/tracing"]}
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(told))
    return render(folder)


def test_every_service_is_told_where_spans_go(traced: tuple[Object, ...]):
    settings, before = shared_settings(traced), shared_settings(rendered("city"))
    more = set(settings["data"]) - set(before["data"])
    assert more == {"LIANSHAN_OTLP_ENDPOINT", "LIANSHAN_TRACE_SAMPLE"}
    assert more <= {variable(field) for field in ServiceSettings.model_fields}
    assert settings["metadata"]["name"] != before["metadata"]["name"], "services would not be restarted"


def test_the_services_may_reach_the_collector_and_that_is_all_that_is_new(traced: tuple[Object, ...]):
    policies = {o["metadata"]["name"]: o for o in traced if o["kind"] == "NetworkPolicy"}
    known = {o["metadata"]["name"] for o in rendered("city") if o["kind"] == "NetworkPolicy"}
    assert set(policies) - known == {"traces"}
    validate(policies["traces"], "1.30", strict=True)
    spec = policies["traces"]["spec"]
    chosen = {d["metadata"]["name"] for d in deployments("city") if matches(spec["podSelector"], pod_labels(d))}
    assert chosen == set(SERVICES) - {"webhooks", "notices", "jobs", "exports"}, "they follow no request"
    to_monitoring = {"namespaceSelector": {"matchLabels": {"lianshan/role": "monitoring"}}}
    assert spec["egress"] == [{"to": [to_monitoring], "ports": [{"port": 4318}]}]
    assert spec["policyTypes"] == ["Egress"]
