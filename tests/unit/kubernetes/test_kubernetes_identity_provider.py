"""The city's provider of identities is added by one line and its settings in an overlay, and opens one way more."""

import os
from pathlib import Path
from typing import Final

import pytest
import yaml
from kubernetes_rendered import FOLDER, Object, deployments, matches, pod_labels, render, rendered
from kubernetes_validate import validate

from services.gateway.settings import GatewaySettings
from shared.runtime.secretfiles import variable

TOLD: Final = {
    "LIANSHAN_OIDC_ISSUER": "https://id.example/realms/city",
    "LIANSHAN_OIDC_AUDIENCE": "lianshan",
    "LIANSHAN_OIDC_KEYS_URL": "https://id.example/realms/city/protocol/openid-connect/certs",
    "LIANSHAN_OIDC_ROLES": '{"street-worker": ["station_worker"]}',
}


@pytest.fixture(scope="module")
def identified(tmp_path_factory: pytest.TempPathFactory) -> tuple[Object, ...]:
    folder: Path = tmp_path_factory.mktemp("overlay")
    there = os.path.relpath(FOLDER, folder)
    settings = {"name": "identity-provider", "literals": [f"{name}={value}" for name, value in TOLD.items()]}
    told = {
        "namespace": "lianshan",
        "resources": [f"{there}/overlays/town"],
        "components": [f"{there}/components/identity-provider"],
        "configMapGenerator": [settings],
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(told))
    return render(folder)


def test_the_gateway_alone_is_told_of_the_provider(identified: tuple[Object, ...]) -> None:
    (made,) = (o for o in identified if o["kind"] == "ConfigMap" and o["metadata"]["name"].startswith("identity"))
    assert made["data"] == TOLD
    assert made["data"].keys() <= {variable(field) for field in GatewaySettings.model_fields}
    told = {
        o["metadata"]["name"]
        for o in identified
        if o["kind"] == "Deployment"
        for each in o["spec"]["template"]["spec"]["containers"][0].get("envFrom", ())
        if each.get("configMapRef", {}).get("name") == made["metadata"]["name"]
    }
    assert told == {"gateway"}


def test_the_gateway_may_reach_the_provider_by_https_and_that_is_all_that_is_new(
    identified: tuple[Object, ...],
) -> None:
    policies = {o["metadata"]["name"]: o for o in identified if o["kind"] == "NetworkPolicy"}
    known = {o["metadata"]["name"] for o in rendered("town") if o["kind"] == "NetworkPolicy"}
    assert set(policies) - known == {"identity-provider"}
    validate(policies["identity-provider"], "1.30", strict=True)
    spec = policies["identity-provider"]["spec"]
    assert {d["metadata"]["name"] for d in deployments("town") if matches(spec["podSelector"], pod_labels(d))} == {
        "gateway"
    }
    (egress,) = spec["egress"]
    assert (egress["ports"], spec["policyTypes"]) == ([{"port": 443}], ["Egress"])
