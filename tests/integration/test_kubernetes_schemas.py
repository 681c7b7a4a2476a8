"""The cluster and its operators understand every manifest that is sent to them."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from cloudcoil.models.cert_manager import v1 as cert_manager
from cloudcoil.models.keda import v1alpha1 as keda
from cloudcoil.models.prometheus_operator import v1 as prometheus
from kubernetes_operators import PerconaServerMongoDB, RabbitmqCluster
from kubernetes_rendered import OVERLAYS, Object, of_kind, rendered
from kubernetes_validate import ValidationError as RefusedByKubernetes
from kubernetes_validate import validate
from pydantic import BaseModel, ValidationError

pytestmark = pytest.mark.integration  # it starts nothing, but reading all those models takes seconds
KUBERNETES = ("1.30", "1.37")
"""The oldest that the README promises, and the newest whose schemas are known."""
OPERATORS: dict[tuple[str, str], type[BaseModel]] = {
    ("cert-manager.io/v1", "Certificate"): cert_manager.Certificate,
    ("cert-manager.io/v1", "Issuer"): cert_manager.Issuer,
    ("keda.sh/v1alpha1", "ScaledObject"): keda.ScaledObject,
    ("keda.sh/v1alpha1", "TriggerAuthentication"): keda.TriggerAuthentication,
    ("monitoring.coreos.com/v1", "PodMonitor"): prometheus.PodMonitor,
    ("monitoring.coreos.com/v1", "PrometheusRule"): prometheus.PrometheusRule,
    ("rabbitmq.com/v1beta1", "RabbitmqCluster"): RabbitmqCluster,
    ("psmdb.percona.com/v1", "PerconaServerMongoDB"): PerconaServerMongoDB,
}


def check(found: Object, version: str) -> None:
    """Raises where a field is unknown, missing or of another type."""
    model = OPERATORS.get((found["apiVersion"], found["kind"]))
    if model is None:
        validate(found, version, strict=True)
        return
    understood = model.model_validate(found).model_dump(mode="json", by_alias=True, exclude_unset=True)
    assert understood == found, "the operator would drop what it does not know"


@pytest.mark.parametrize("version", KUBERNETES)
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_cluster_understands_everything_that_it_is_sent(overlay: str, version: str):
    for found in rendered(overlay):
        check(found, version)


def _misspell(*path: Any) -> Callable[[Object], None]:
    def change(found: Object) -> None:
        for step in path[:-1]:
            found = found[step]
        found[f"{path[-1]}x"] = found.pop(path[-1])

    return change


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("Deployment", _misspell("spec", "template", "spec", "containers", 0, "readinessProbe")),
        ("NetworkPolicy", _misspell("spec", "podSelector")),
        ("ScaledObject", _misspell("spec", "maxReplicaCount")),
        ("Certificate", _misspell("spec", "commonName")),
        ("PodMonitor", _misspell("spec", "podMetricsEndpoints", 0, "interval")),
        ("RabbitmqCluster", _misspell("spec", "tls", "disableNonTLSListeners")),
        ("RabbitmqCluster", _misspell("spec", "resources", "limits")),
        ("PerconaServerMongoDB", _misspell("spec", "replsets", 0, "size")),
    ],
)
def test_a_misspelt_field_is_found(kind: str, change: Callable[[Object], None]):
    found = deepcopy(of_kind("city", kind)[0])
    change(found)
    with pytest.raises((RefusedByKubernetes, ValidationError, AssertionError)):
        check(found, "1.30")


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_no_two_things_of_a_kind_have_the_same_name_and_all_are_in_one_namespace(overlay: str):
    names = [(o["kind"], o["metadata"]["name"]) for o in rendered(overlay)]
    assert len(names) == len(set(names))
    assert {o["metadata"].get("namespace") for o in rendered(overlay)} == {None, "lianshan"}
    assert [o["kind"] for o in rendered(overlay) if "namespace" not in o["metadata"]] == ["Namespace"]
