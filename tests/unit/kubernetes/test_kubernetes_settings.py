"""The service in a pod reads the settings that the pod is given."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from certificates import Authority
from kubernetes_rendered import (
    OVERLAYS,
    Object,
    containers,
    deployments,
    environment,
    pod,
    rendered,
    service_container,
    shared_settings,
    the,
    workloads,
)

from deploy.lianshan.cli.connections import CommandSettings
from deploy.lianshan.kubernetes import credentials
from deploy.lianshan.topology.state import MANAGEMENT
from services.charity.service import CharitySettings
from services.gateway.exports.settings import ExportSettings
from services.gateway.settings import GatewaySettings
from services.gateway.webhooks.settings import WebhookSettings
from services.stations.service import StationsSettings
from services.stations.settings import WorkerSettings as JobSettings
from services.volunteering.service import VolunteeringSettings
from services.volunteering.worker.settings import WorkerSettings
from shared.runtime.secretfiles import file_variable, variable
from shared.runtime.settings import ServerSettings, ServiceSettings, read

SETTINGS: dict[str, type[ServerSettings]] = {
    "stations": StationsSettings,
    "charity": CharitySettings,
    "volunteering": VolunteeringSettings,
    "gateway": GatewaySettings,
    "projector": GatewaySettings,
    "webhooks": WebhookSettings,
    "notices": WorkerSettings,
    "jobs": JobSettings,
    "exports": ExportSettings,
    "prepare": CommandSettings,
    "operator": CommandSettings,
}


def _names(settings: type[ServerSettings]) -> set[str]:
    fields = settings.model_fields
    commands = {MANAGEMENT, "LIANSHAN_VAR"} if settings is CommandSettings else set()
    return commands | {variable(f) for f in fields} | {file_variable(f) for f in fields if not f.endswith("_file")}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_no_pod_is_told_a_setting_that_nobody_reads(overlay: str):
    for workload in workloads(overlay):
        known = _names(SETTINGS[workload["metadata"]["name"]])
        for container in containers(workload):
            told = {name for name in environment(container) if name.startswith("LIANSHAN_")}
            assert told <= known
    shared = shared_settings(rendered(overlay))
    assert set(shared["data"]) <= set().union(*(_names(settings) for settings in SETTINGS.values()))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.found(tmp_path_factory.mktemp("authority"), "Lianshan internal authority")


def _hand_over(workload: Object, authority: Authority, root: Path) -> None:
    """The files of the secrets where the pod finds them, below `root`."""
    made = credentials.make_credentials()
    volumes = {v["name"]: v.get("secret", {}).get("secretName") for v in pod(workload)["volumes"]}
    for mount in service_container(workload)["volumeMounts"]:
        name = volumes[mount["name"]]
        if name is None:
            continue
        folder = root / mount["mountPath"].lstrip("/")
        folder.mkdir(parents=True)
        files = made.get(name) or _certificate(authority, name)
        for file, value in files.items():
            (folder / file).write_text(value)


def _certificate(authority: Authority, name: str) -> dict[str, str]:
    certificate, key = authority.issue(name)
    return {"ca.crt": authority.file.read_text(), "tls.crt": certificate.read_text(), "tls.key": key.read_text()}


@pytest.mark.parametrize("name", [name for name, settings in SETTINGS.items() if settings is not CommandSettings])
def test_a_service_starts_with_the_settings_that_its_pod_is_given(
    name: str, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (deployment,) = (d for d in deployments("city") if d["metadata"]["name"] == name)
    _hand_over(deployment, authority, tmp_path)
    for variable_name in [v for v in os.environ if v.startswith("LIANSHAN_")]:
        monkeypatch.delenv(variable_name)
    shared = shared_settings(rendered("city"))
    for key, value in (shared["data"] | environment(service_container(deployment))).items():
        monkeypatch.setenv(key, str(tmp_path / value.lstrip("/")) if key.endswith("_FILE") else value)

    settings = read(SETTINGS[name])

    assert isinstance(settings, ServiceSettings)
    for uri in (settings.mongo_uri,) if name in {"webhooks", "exports"} else (settings.amqp_uri, settings.mongo_uri):
        parts = urlsplit(str(uri))
        # The worker is a part of volunteering.
        user = {"notices": "volunteering", "jobs": "stations", "exports": "projector"}.get(name, name)
        assert (parts.username, bool(parts.password)) == (user, True)
        assert "ca.crt" in parts.query
    if isinstance(settings, GatewaySettings):
        assert name in {"projector", "exports"} or settings.webhook_key is not None
        assert name != "gateway" or settings.admin_key_file.read_text().startswith("lk_")
    else:
        assert len(settings.data_key.keys) == 1


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_gateway_looks_at_every_node_of_the_broker(overlay: str):
    nodes = the(overlay, "RabbitmqCluster", "rabbitmq")["spec"].get("replicas", 1)
    told = environment(service_container(the(overlay, "Deployment", "gateway")))["LIANSHAN_BROKER_METRICS_URLS"]
    wanted = [
        f"https://rabbitmq-server-{n}.rabbitmq-nodes.lianshan.svc.cluster.local:15691/metrics" for n in range(nodes)
    ]
    assert GatewaySettings.model_construct(broker_metrics_urls=told).metrics_of_broker == wanted
