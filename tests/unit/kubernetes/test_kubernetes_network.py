"""The permitted connections, as all policies together grant them; a connection that no row names is refused."""

from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from itertools import product

import pytest
from kubernetes_rendered import OVERLAYS, Object, matches, of_kind, pod_labels, rendered, workloads

SERVICES = {"stations", "charity", "volunteering", "notices", "jobs", "gateway", "projector"}
TO_STORE_ALONE = {"webhooks", "exports"}
COMMANDS = {"prepare", "operator"}
OURS = SERVICES | COMMANDS
BROKER, STORE = "rabbitmq", "mongodb"
AMQPS, MANAGEMENT, BROKER_NUMBERS, MONGO, HEALTH, API, DNS = 5671, 15671, 15691, 27017, 8081, 8443, 53
BETWEEN_BROKERS = {4369, 25672, 6000, 6443, 6500, 35672, 35682}
PORTS = {AMQPS, 5672, MANAGEMENT, 15672, BROKER_NUMBERS, MONGO, HEALTH, API, DNS, 443, 6443, 22, *BETWEEN_BROKERS}


@dataclass(frozen=True)
class Peer:
    """A pod and where it lives."""

    name: str
    labels: tuple[tuple[str, str], ...]
    namespace: str
    namespace_labels: tuple[tuple[str, str], ...]


def _peers(overlay: str) -> list[Peer]:
    ours = [(w["metadata"]["name"], pod_labels(w)) for w in workloads(overlay)]
    # As the two operators label their pods.
    ours.append((BROKER, {"app.kubernetes.io/component": "rabbitmq", "app.kubernetes.io/name": "rabbitmq"}))
    ours.append((STORE, {"app.kubernetes.io/component": "mongod", "app.kubernetes.io/instance": "mongodb"}))
    found = [Peer(name, tuple(labels.items()), "lianshan", ()) for name, labels in ours]
    roles = ("ingress", "monitoring", "scaling", "databases")
    found += [Peer(role, (), f"of-{role}", (("lianshan/role", role),)) for role in roles]
    found.append(
        Peer("dns", (("k8s-app", "kube-dns"),), "kube-system", (("kubernetes.io/metadata.name", "kube-system"),))
    )
    found.append(Peer("stranger", (("app.kubernetes.io/component", "stations"),), "elsewhere", ()))
    return found


def _expected() -> set[tuple[str, str, int]]:
    allowed = {(one, BROKER, AMQPS) for one in OURS | {"scaling"}}
    allowed |= {(one, STORE, MONGO) for one in OURS | TO_STORE_ALONE | {STORE, "databases"}}
    allowed |= {(one, BROKER, MANAGEMENT) for one in COMMANDS} | {
        (one, BROKER, BROKER_NUMBERS) for one in ("monitoring", "gateway")
    }
    allowed |= {(BROKER, BROKER, port) for port in BETWEEN_BROKERS}
    allowed |= {("monitoring", one, HEALTH) for one in SERVICES | TO_STORE_ALONE} | {("ingress", "gateway", API)}
    return allowed | {(one, "dns", DNS) for one in OURS | TO_STORE_ALONE | {BROKER, STORE}}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_everyone_reaches_what_they_need_and_nothing_more(overlay: str):
    policies, peers = of_kind(overlay, "NetworkPolicy"), _peers(overlay)
    found = {
        (one.name, other.name, port)
        for one, other, port in product(peers, peers, PORTS)
        if "lianshan" in (one.namespace, other.namespace) and _allowed(policies, one, other, port)
    }
    # The broker's nodes ask Kubernetes, whose address nobody knows beforehand, for each other.
    outside = {(BROKER, other.name, port) for other in peers if other.namespace != "lianshan" for port in (443, 6443)}
    assert found - outside == _expected()


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_no_policy_names_is_refused_in_both_directions(overlay: str):
    (deny,) = (p for p in of_kind(overlay, "NetworkPolicy") if p["metadata"]["name"] == "deny")
    assert deny["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_namespace_keeps_privileged_pods_out(overlay: str):
    (namespace,) = (o for o in rendered(overlay) if o["kind"] == "Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "baseline"


def _allowed(policies: list[Object], one: Peer, other: Peer, port: int) -> bool:
    return _passes(policies, "Egress", one, other, port) and _passes(policies, "Ingress", other, one, port)


def _passes(policies: list[Object], direction: str, subject: Peer, partner: Peer, port: int) -> bool:
    """Kubernetes' rule: free until a policy of that direction selects the pod, then only peers that one names."""
    if subject.namespace != "lianshan":
        return True
    selecting = [
        p["spec"]
        for p in policies
        if direction in p["spec"]["policyTypes"] and matches(p["spec"]["podSelector"], dict(subject.labels))
    ]
    rules = [rule for spec in selecting for rule in spec.get(direction.lower(), [])]
    return not selecting or any(
        _names(rule, "to" if direction == "Egress" else "from", partner, port) for rule in rules
    )


def _names(rule: Object, word: str, partner: Peer, port: int) -> bool:
    ports = rule.get("ports", [])
    right_port = not ports or any(p["port"] <= port <= p.get("endPort", p["port"]) for p in ports)
    return right_port and (word not in rule or any(_is(peer, partner) for peer in rule[word]))


def _is(peer: Object, partner: Peer) -> bool:
    if "ipBlock" in peer:
        return False  # the public Internet: the addresses of pods are excepted
    assert set(peer) <= {"podSelector", "namespaceSelector"}, "teach the tests this kind of peer"
    if "namespaceSelector" in peer:
        here = matches(peer["namespaceSelector"], dict(partner.namespace_labels))
    else:
        here = partner.namespace == "lianshan"
    return here and matches(peer.get("podSelector", {}), dict(partner.labels))


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_webhooks_and_notices_alone_reach_the_internet_and_no_private_network(overlay: str):
    blocks = {
        policy["metadata"]["name"]: peer["ipBlock"]
        for policy in of_kind(overlay, "NetworkPolicy")
        for rule in policy["spec"].get("egress", [])
        for peer in rule.get("to", [])
        if "ipBlock" in peer and ":" not in peer["ipBlock"]["cidr"]
    }
    assert set(blocks) == {"webhooks", "notices"}
    for block in blocks.values():
        excepted = [ip_network(network) for network in block["except"]]
        for private in ("10.96.0.1", "172.20.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"):
            assert any(ip_address(private) in network for network in excepted), private
