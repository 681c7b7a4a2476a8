"""Each service is scaled by itself, by the messages that wait for it."""

import pytest
from kubernetes_rendered import OVERLAYS, deployments, of_kind, service_container, the

from shared.contracts.subscriptions import COMMANDED, SUBSCRIPTIONS
from shared.engine.amqp.topology import commands_queue, events_queue, plan
from shared.runtime.settings import ServiceSettings


def _queues(overlay: str, service: str) -> set[str]:
    triggers = the(overlay, "ScaledObject", service)["spec"]["triggers"]
    return {t["metadata"]["queueName"] for t in triggers if t["type"] == "rabbitmq"}


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("service", COMMANDED)
def test_a_service_grows_with_each_queue_that_it_takes_from(overlay: str, service: str):
    assert service in SUBSCRIPTIONS
    assert _queues(overlay, service) == {events_queue(service), commands_queue(service)}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_queue_that_is_watched_is_one_that_is_declared(overlay: str):
    declared = {queue.name for queue in plan()}
    for scaled in of_kind(overlay, "ScaledObject"):
        assert _queues(overlay, scaled["metadata"]["name"]) <= declared


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_scaling_has_bounds_and_leaves_the_count_to_nobody_else(overlay: str):
    counted = {d["metadata"]["name"]: d["spec"].get("replicas") for d in deployments(overlay)}
    for scaled in of_kind(overlay, "ScaledObject"):
        spec = scaled["spec"]
        assert 1 <= spec["minReplicaCount"] < spec["maxReplicaCount"] <= 20
        assert counted.pop(spec["scaleTargetRef"]["name"]) is None, "an apply would set the count back"
        assert spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]["scaleDown"]
    assert counted == {"projector": 1, "webhooks": 2, "notices": 2, "jobs": 2, "exports": 2}, (
        "one replica reads the queue; two share the rest"
    )


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_queue_asks_for_more_only_when_more_waits_than_a_batch_takes(overlay: str):
    batch = ServiceSettings.model_fields["batch_limit"].default
    for scaled in of_kind(overlay, "ScaledObject"):
        for trigger in scaled["spec"]["triggers"]:
            if trigger["type"] != "rabbitmq":
                continue
            told = trigger["metadata"]
            assert (told["mode"], told["protocol"]) == ("QueueLength", "amqp")
            assert 0 < int(told["value"]) <= batch
            assert trigger["authenticationRef"] == {"name": "rabbitmq"}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_api_grows_with_its_cpu_which_it_asks_for(overlay: str):
    (trigger,) = the(overlay, "ScaledObject", "gateway")["spec"]["triggers"]
    assert (trigger["type"], trigger["metricType"]) == ("cpu", "Utilization")
    assert service_container(the(overlay, "Deployment", "gateway"))["resources"]["requests"]["cpu"]


def test_in_the_city_one_replica_of_anything_may_be_lost_without_a_pause():
    assert all(s["spec"]["minReplicaCount"] >= 2 for s in of_kind("city", "ScaledObject"))
