"""The overlays as `kubectl apply -k` would send them, and ways to look into them."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

Object = dict[str, Any]

FOLDER = Path(__file__).resolve().parents[3] / "deploy" / "kubernetes"
OVERLAYS = ("town", "city")
MESSAGE_SERVICES = ("stations", "charity", "volunteering", "projector")
SERVICES = (*MESSAGE_SERVICES, "webhooks", "notices", "jobs", "exports", "gateway")


@cache
def rendered(overlay: str) -> tuple[Object, ...]:
    """Every object of the overlay."""
    return render(FOLDER / "overlays" / overlay)


def render(folder: Path) -> tuple[Object, ...]:
    """Every object of a folder with a kustomization."""
    command = [_kubectl(), "kustomize", str(folder)]
    told = subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)
    assert told.returncode == 0, told.stderr
    return tuple(yaml.load_all(told.stdout, yaml.CSafeLoader))


def of_kind(overlay: str, *kinds: str) -> list[Object]:
    return [found for found in rendered(overlay) if found["kind"] in kinds]


def the(overlay: str, kind: str, name: str) -> Object:
    (found,) = (o for o in of_kind(overlay, kind) if o["metadata"]["name"] == name)
    return found


def shared_settings(objects: Sequence[Object]) -> Object:
    """The config map that every service reads."""
    (found,) = (o for o in objects if o["kind"] == "ConfigMap" and o["metadata"]["name"].startswith("settings-"))
    return found


def deployments(overlay: str) -> list[Object]:
    """Of the services: not the pod that the operator's commands run in."""
    return [d for d in of_kind(overlay, "Deployment") if d["metadata"]["name"] != "operator"]


def workloads(overlay: str) -> list[Object]:
    return of_kind(overlay, "Deployment", "Job")


def pod(workload: Object) -> Object:
    return dict(workload["spec"]["template"]["spec"])


def pod_labels(workload: Object) -> dict[str, str]:
    return dict(workload["spec"]["template"]["metadata"]["labels"])


def containers(workload: Object) -> list[Object]:
    return [*pod(workload).get("initContainers", []), *pod(workload)["containers"]]


def service_container(workload: Object) -> Object:
    (found,) = pod(workload)["containers"]
    return dict(found)


def environment(container: Object) -> dict[str, str]:
    """The variables with a plain value."""
    return {e["name"]: e["value"] for e in container.get("env", []) if "value" in e}


def matches(selector: Object, labels: dict[str, str]) -> bool:
    """Whether a label selector picks these labels. An empty one picks all."""
    exact = all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())
    return exact and all(_holds(e, labels) for e in selector.get("matchExpressions", []))


def _holds(expression: Object, labels: dict[str, str]) -> bool:
    assert expression["operator"] == "In", "teach the tests this operator"
    return labels.get(expression["key"]) in expression["values"]


def _kubectl() -> str:
    beside = Path(sys.executable).parent / "kubectl"
    found = str(beside) if beside.exists() else shutil.which("kubectl")
    assert found, "kubectl is missing: `make setup` installs it with the development requirements"
    return found
