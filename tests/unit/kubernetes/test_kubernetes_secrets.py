"""Secrets are named in the manifests, made once by a command, and written down nowhere."""

import base64
import json
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
from kubernetes_rendered import (
    OVERLAYS,
    containers,
    environment,
    of_kind,
    pod,
    rendered,
    the,
    workloads,
)
from kubernetes_validate import validate
from pydantic import TypeAdapter

from deploy.lianshan.backup.keys import Keys
from deploy.lianshan.kubernetes import credentials
from services.gateway.access.scopes import looks_like_key
from shared.runtime.settings import AmqpUri, DataKey
from shared.runtime.vault import Vault

OPERATORS_MAKE = {
    "rabbitmq-default-user": {"username", "password"},
    "mongodb-users": {"MONGODB_USER_ADMIN_USER", "MONGODB_USER_ADMIN_PASSWORD"},
}
CERT_MANAGER_WRITES = {"tls.crt", "tls.key", "ca.crt"}
SECRET_WORDS = ("PASSWORD", "KEY", "TOKEN", "SECRET")


def _read(overlay: str) -> set[tuple[str, str]]:
    """Each secret and key that somebody reads; the key is empty where all of them are."""
    found = set()
    for workload in workloads(overlay):
        for volume in pod(workload)["volumes"]:
            if "secret" in volume:
                keys = [item["key"] for item in volume["secret"].get("items", [{"key": ""}])]
                found |= {(volume["secret"]["secretName"], key) for key in keys}
            for source in volume.get("projected", {}).get("sources", []):
                found |= {(source["secret"]["name"], item["key"]) for item in source["secret"]["items"]}
        for container in containers(workload):
            for variable in container.get("env", []):
                if "valueFrom" in variable:
                    told = variable["valueFrom"]["secretKeyRef"]
                    found.add((told["name"], told["key"]))
    for authentication in of_kind(overlay, "TriggerAuthentication"):
        found |= {(ref["name"], ref["key"]) for ref in authentication["spec"]["secretTargetRef"]}
    for monitor in of_kind(overlay, "PodMonitor"):
        for endpoint in monitor["spec"]["podMetricsEndpoints"]:
            if "tlsConfig" in endpoint:
                ca = endpoint["tlsConfig"]["ca"]["secret"]
                found.add((ca["name"], ca["key"]))
    tls = the(overlay, "RabbitmqCluster", "rabbitmq")["spec"]["tls"]
    return found | {(tls["secretName"], "tls.key"), (tls["caSecretName"], "ca.crt")}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_no_manifest_holds_a_secret(overlay: str):
    assert not of_kind(overlay, "Secret")
    for workload in workloads(overlay):
        for container in containers(workload):
            for name, value in environment(container).items():
                assert not any(word in name for word in SECRET_WORDS) or name.endswith("_FILE"), name
                assert urlsplit(value).password is None, name


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_secret_that_is_read_is_made_by_somebody_with_the_key_that_is_read(overlay: str):
    makers = {name: set(values) for name, values in credentials.make_credentials().items()} | OPERATORS_MAKE
    makers |= {c["spec"]["secretName"]: CERT_MANAGER_WRITES for c in of_kind(overlay, "Certificate")}
    for name, key in _read(overlay):
        assert name in makers, name
        assert not key or key in makers[name], (name, key)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_no_secret_is_made_that_nobody_reads(overlay: str):
    assert set(credentials.make_credentials()) <= {name for name, _ in _read(overlay)}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_file_that_a_service_is_told_of_is_a_key_of_the_secret_it_is_given(overlay: str):
    made = {name: set(values) for name, values in credentials.make_credentials().items()}
    made |= {c["spec"]["secretName"]: CERT_MANAGER_WRITES for c in of_kind(overlay, "Certificate")}
    for workload in of_kind(overlay, "Deployment"):
        volumes = {v["name"]: v.get("secret", {}).get("secretName", "") for v in pod(workload)["volumes"]}
        for container in containers(workload):
            mounts = {m["mountPath"]: volumes[m["name"]] for m in container["volumeMounts"]}
            for name, value in environment(container).items():
                if name.endswith("_FILE"):
                    folder, _, file = value.rpartition("/")
                    assert file in made[mounts[folder]], name


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_service_is_given_its_own_secrets_alone(overlay: str):
    for deployment in of_kind(overlay, "Deployment"):
        name = deployment["metadata"]["name"]
        own = {"notices": "volunteering", "jobs": "stations", "exports": "projector"}.get(name, name)  # a part of it
        names = {v["secret"]["secretName"] for v in pod(deployment)["volumes"] if "secret" in v}
        assert names <= {f"{own}-credentials", f"{own}-tls", f"{own}-http-tls"}
        told = [e for c in containers(deployment) for e in c["env"]]
        assert not any("valueFrom" in variable for variable in told)


def test_what_is_made_is_what_the_services_take():
    made = credentials.make_credentials()
    for service in credentials.SEALING:
        assert len(TypeAdapter(DataKey).validate_python(made[f"{service}-credentials"]["data_key"]).keys) == 1
    assert looks_like_key(made["gateway-credentials"]["admin_key"])
    host = made["observer-credentials"]["keda_host"]
    TypeAdapter(AmqpUri).validate_python(host)
    assert urlsplit(host).password == made["observer-credentials"]["amqp_password"]


def test_one_data_key_opens_a_backup_of_the_whole_platform():
    made = credentials.make_credentials()
    (data_key,) = {values["data_key"] for values in made.values() if "data_key" in values}
    sealed_with = [Vault(base64.b64decode(data_key)).key_id]
    assert Keys(data_key=data_key).opens(sealed_with)


def test_no_two_secrets_are_alike_and_none_comes_twice():
    def every() -> list[str]:
        made = credentials.make_credentials()
        passwords = [values[kind] for values in made.values() for kind in ("amqp_password", "mongo_password")]
        return [*passwords, made["stations-credentials"]["data_key"], made["gateway-credentials"]["admin_key"]]

    twice = every() + every()
    assert len(twice) == len(set(twice))
    assert all(len(value) >= 32 for value in twice)


def test_the_command_prints_what_kubectl_creates():
    told = subprocess.run(
        [sys.executable, "-m", "deploy.lianshan.kubernetes.credentials"],
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    for secret in json.loads(told.stdout)["items"]:
        validate(secret, "1.30", strict=True)
        assert secret["metadata"]["namespace"] in {o["metadata"]["name"] for o in rendered("town")}
