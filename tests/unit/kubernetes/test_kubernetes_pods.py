"""An operator's expectations of a pod: small rights, honest probes, bounded resources, a stop in peace."""

import importlib.util
import re
import tomllib
from pathlib import Path

import pytest
from kubernetes_rendered import (
    MESSAGE_SERVICES,
    OVERLAYS,
    SERVICES,
    containers,
    deployments,
    environment,
    matches,
    of_kind,
    pod,
    pod_labels,
    rendered,
    service_container,
    shared_settings,
    the,
    workloads,
)

from shared.runtime.health import CHECK_SECONDS

IMAGES = {name: name for name in SERVICES} | {"projector": "projector", "prepare": "tools", "operator": "tools"}
"""The Dockerfile's targets."""
MODULES = {
    "projector": "gateway.projector",
    "webhooks": "gateway.webhooks",
    "notices": "volunteering.worker",
    "jobs": "stations.worker",
    "exports": "gateway.exports",
}
"""Of the processes that are named otherwise than their packages."""
CHECKS = 2
"""Of readiness: the broker and the store."""


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_each_service_has_a_deployment_and_its_module_is_there(overlay: str):
    modules = {d["metadata"]["name"]: service_container(d)["command"] for d in deployments(overlay)}
    assert set(modules) == set(SERVICES)
    for name, command in modules.items():
        assert command[:2] == ["python", "-m"]
        assert command[2:] == [f"services.{MODULES.get(name, name)}"]
        assert importlib.util.find_spec(f"{command[2]}.__main__") is not None


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_no_pod_may_more_than_a_restricted_one(overlay: str):
    for workload in workloads(overlay):
        spec = pod(workload)
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["runAsUser"] == 10001
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert spec["automountServiceAccountToken"] is False
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)
        assert all({"emptyDir", "secret", "projected"} & set(volume) for volume in spec["volumes"])
        for container in containers(workload):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_container_says_what_it_needs_and_where_it_ends(overlay: str):
    for workload in workloads(overlay):
        for container in containers(workload):
            for bound in ("requests", "limits"):
                assert {"cpu", "memory"} == set(container["resources"][bound]), workload["metadata"]["name"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_probes_ask_where_the_service_answers(overlay: str):
    for deployment in deployments(overlay):
        container = service_container(deployment)
        told, port = environment(container), container["ports"][0]
        which = "HTTP" if deployment["metadata"]["name"] == "gateway" else "HEALTH"
        assert int(told[f"LIANSHAN_{which}_PORT"]) == port["containerPort"]
        assert told[f"LIANSHAN_{which}_HOST"] == "0.0.0.0"  # noqa: S104 - the kubelet asks from outside
        for probe, path in (("startupProbe", "/healthz"), ("livenessProbe", "/healthz"), ("readinessProbe", "/readyz")):
            asked = container[probe]["httpGet"]
            assert (asked["path"], asked["port"]) == (path, port["name"])
            assert asked.get("scheme", "HTTP") == ("HTTPS" if "LIANSHAN_HTTP_TLS_CERT_FILE" in told else "HTTP")


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_probes_wait_as_long_as_the_service_may_take(overlay: str):
    settings = shared_settings(rendered(overlay))["data"]
    for deployment in deployments(overlay):
        container = service_container(deployment)
        start, ready = container["startupProbe"], container["readinessProbe"]
        assert start["periodSeconds"] * start["failureThreshold"] > int(settings["LIANSHAN_START_SECONDS"])
        assert ready["timeoutSeconds"] > CHECKS * CHECK_SECONDS


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_pod_is_given_the_time_to_stop_in_peace(overlay: str):
    settings = shared_settings(rendered(overlay))["data"]
    for deployment in deployments(overlay):
        before = (
            service_container(deployment).get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        )
        needed = before + int(settings["LIANSHAN_STOP_SECONDS"])
        assert pod(deployment)["terminationGracePeriodSeconds"] >= needed + 5


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_roll_out_takes_no_replica_away_before_its_successor_is_ready(overlay: str):
    for deployment in deployments(overlay):
        assert deployment["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_drained_node_takes_one_replica_of_a_service_at_a_time(overlay: str):
    budgets = of_kind(overlay, "PodDisruptionBudget")
    for deployment in deployments(overlay):
        (budget,) = (b for b in budgets if matches(b["spec"]["selector"], pod_labels(deployment)))
        assert budget["spec"]["maxUnavailable"] == 1
    (broker,) = (b for b in budgets if b["metadata"]["name"] == "rabbitmq")
    assert broker["spec"]["maxUnavailable"] == 1
    assert len(budgets) == len(deployments(overlay)) + 1


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_selectors_pick_the_pods_of_their_own_service_alone(overlay: str):
    everybody = deployments(overlay)
    for deployment in everybody:
        selector = deployment["spec"]["selector"]
        assert [d for d in everybody if matches(selector, pod_labels(d))] == [deployment]
    service = the(overlay, "Service", "gateway")
    chosen = [d for d in everybody if matches({"matchLabels": service["spec"]["selector"]}, pod_labels(d))]
    assert [d["metadata"]["name"] for d in chosen] == ["gateway"]
    assert service["spec"]["ports"][0]["targetPort"] in {p["name"] for p in service_container(chosen[0])["ports"]}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_pod_runs_its_image_of_this_release(overlay: str):
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
    for workload in workloads(overlay):
        target = IMAGES[workload["metadata"]["name"]]
        wanted = {f"registry.example/lianshan/{target}:{project['version']}"}
        assert {c["image"] for c in containers(workload)} == wanted


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_mount_has_its_volume_and_every_file_that_is_named_lies_in_a_mount(overlay: str):
    for workload in workloads(overlay):
        volumes = {v["name"] for v in pod(workload)["volumes"]}
        for container in containers(workload):
            mounts = {m["mountPath"]: m["name"] for m in container["volumeMounts"]}
            assert set(mounts.values()) <= volumes
            for name, value in environment(container).items():
                if name.endswith("_FILE"):
                    assert str(Path(value).parent) in mounts, name


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_prometheus_finds_every_service_and_the_broker(overlay: str):
    monitors = of_kind(overlay, "PodMonitor")
    for deployment in deployments(overlay):
        (monitor,) = (m for m in monitors if matches(m["spec"]["selector"], pod_labels(deployment)))
        (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
        assert "health" in {port["name"] for port in service_container(deployment)["ports"]}
        assert (endpoint["port"], endpoint["path"]) == ("health", "/metrics")
        assert endpoint["honorLabels"], "our metrics name the service that they are about"
    labels = {"app.kubernetes.io/component": "rabbitmq", "app.kubernetes.io/name": "rabbitmq"}
    assert any(matches(m["spec"]["selector"], labels) for m in monitors)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_public_door_opens_to_the_api_and_not_to_its_numbers(overlay: str):
    door = the(overlay, "Ingress", "gateway")["spec"]
    (rule,) = door["rules"]
    paths = [p["path"] for p in rule["http"]["paths"]]
    assert paths == ["/v1", "/docs", "/openapi.json", "/", "/problems", "/rules", "/schemas"]
    assert {p["backend"]["service"]["name"] for p in rule["http"]["paths"]} == {"gateway"}
    public = the(overlay, "Certificate", "public")["spec"]
    assert door["tls"] == [{"hosts": [rule["host"]], "secretName": public["secretName"]}]
    assert public["dnsNames"] == [rule["host"]]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_where_a_service_connects_the_certificate_bears_the_name(overlay: str):
    names = the(overlay, "Certificate", "rabbitmq")["spec"]["dnsNames"]
    mongo = the(overlay, "PerconaServerMongoDB", "mongodb")
    (members,) = mongo["spec"]["replsets"]
    for deployment in deployments(overlay):
        told = environment(service_container(deployment))
        if deployment["metadata"]["name"] not in {"webhooks", "exports"}:
            broker = re.fullmatch(r"amqps://[a-z]+@([a-z.]+):5671/", told["LIANSHAN_AMQP_URI"])
            assert broker
            assert broker[1] in names
        store = f"mongodb-{members['name']}.lianshan.svc.cluster.local:27017/?replicaSet={members['name']}"
        assert f"@{store}&" in told["LIANSHAN_MONGO_URI"]
        assert "&tls=true" in told["LIANSHAN_MONGO_URI"]


def test_the_city_survives_the_loss_of_any_one_machine():
    assert the("city", "RabbitmqCluster", "rabbitmq")["spec"]["replicas"] == 3
    assert the("city", "RabbitmqCluster", "rabbitmq")["spec"]["affinity"]["podAntiAffinity"][
        "requiredDuringSchedulingIgnoredDuringExecution"
    ]
    (members,) = the("city", "PerconaServerMongoDB", "mongodb")["spec"]["replsets"]
    assert (members["size"], members["affinity"]["antiAffinityTopologyKey"]) == (3, "kubernetes.io/hostname")
    assert "unsafeFlags" not in the("city", "PerconaServerMongoDB", "mongodb")["spec"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_a_killed_process_locked_is_soon_free(overlay: str):
    (members,) = the(overlay, "PerconaServerMongoDB", "mongodb")["spec"]["replsets"]
    assert "transactionLifetimeLimitSeconds: 3" in members["configuration"]


def test_the_message_services_are_known_by_what_they_run():
    runs = {d["metadata"]["name"] for d in deployments("town") if pod_labels(d).get("lianshan/runs") == "nameko"}
    assert runs == set(MESSAGE_SERVICES)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_upgrade_pauses_a_service_whose_queue_is_replaced(overlay: str):
    job = next(workload for workload in workloads(overlay) if workload["metadata"]["name"] == "prepare")
    (topology,) = pod(job)["containers"]
    assert topology["command"] == ["lianshan", "topology", "apply", "--pause"]
    told = environment(topology)
    # A pause is a row in the stores: the administrator of users may not write it.
    assert all("//operator@" in told[f"LIANSHAN_{name}_URI"] for name in ("AMQP", "MONGO"))
    given = {mount["mountPath"] for mount in topology["volumeMounts"]}
    assert {"/run/secrets/users", "/run/secrets/tls"} <= given
