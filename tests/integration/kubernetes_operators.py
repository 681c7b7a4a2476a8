"""The fields that resources of the RabbitMQ and the MongoDB operator may have.

No registry carries these two schemas, so they are told here from the operators' own references, as far as our
manifests use them: RabbitmqCluster v1beta1 (https://www.rabbitmq.com/kubernetes/operator/using-operator) and
PerconaServerMongoDB v1, operator 1.23 (https://docs.percona.com/percona-operator-for-mongodb/operator.html).
A field that is not here is refused: look it up there, then add it. Parts that are Kubernetes' own are held to
Kubernetes' own schemas, inside a pod.
"""

from typing import Annotated, Any, Literal

from kubernetes_validate import validate
from pydantic import AfterValidator, BaseModel, ConfigDict, Field


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


def _in_a_pod(field: str) -> AfterValidator:
    def check(value: Any) -> Any:
        container = {"name": "any", "image": "any"}
        spec: dict[str, Any] = {"containers": [container]}
        (container if field == "resources" else spec)[field] = value
        validate({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "any"}, "spec": spec}, "1.30", strict=True)
        return value

    return AfterValidator(check)


Resources = Annotated[dict[str, Any], _in_a_pod("resources")]
Affinity = Annotated[dict[str, Any], _in_a_pod("affinity")]
Spread = Annotated[list[dict[str, Any]], _in_a_pod("topologySpreadConstraints")]
Quantity = Annotated[str, Field(pattern=r"^\d+(\.\d+)?(Ki|Mi|Gi|Ti)$")]


class _Metadata(_Strict):
    name: str
    namespace: str
    labels: dict[str, str]
    finalizers: list[str] = []


class _Tls(_Strict):
    secretName: str
    caSecretName: str
    disableNonTLSListeners: bool


class _Configuration(_Strict):
    additionalConfig: str
    additionalPlugins: list[str] = []


class _Persistence(_Strict):
    storage: Quantity
    storageClassName: str | None = None


class _RabbitmqClusterSpec(_Strict):
    replicas: int = Field(ge=1)
    image: str | None = None
    tls: _Tls
    rabbitmq: _Configuration
    persistence: _Persistence
    resources: Resources
    affinity: Affinity = {}
    terminationGracePeriodSeconds: int = Field(ge=0)


class RabbitmqCluster(_Strict):
    apiVersion: Literal["rabbitmq.com/v1beta1"]
    kind: Literal["RabbitmqCluster"]
    metadata: _Metadata
    spec: _RabbitmqClusterSpec


class _Issuer(_Strict):
    name: str
    kind: Literal["Issuer", "ClusterIssuer"]
    group: Literal["cert-manager.io"]


class _MongoTls(_Strict):
    mode: Literal["disabled", "allowTLS", "preferTLS", "requireTLS"]
    allowInvalidCertificates: bool
    issuerConf: _Issuer


class _Upgrades(_Strict):
    apply: str
    schedule: str


class _Secrets(_Strict):
    users: str


class _MongoAffinity(_Strict):
    antiAffinityTopologyKey: str


class _Budget(_Strict):
    maxUnavailable: int


class _Switch(_Strict):
    enabled: bool


class _ClaimResources(_Strict):
    requests: dict[Literal["storage"], Quantity]


class _Claim(_Strict):
    storageClassName: str | None = None
    resources: _ClaimResources


class _Volume(_Strict):
    persistentVolumeClaim: _Claim


class _Replset(_Strict):
    name: str
    size: int = Field(ge=1)
    configuration: str
    affinity: _MongoAffinity
    topologySpreadConstraints: Spread = []
    podDisruptionBudget: _Budget
    expose: _Switch
    resources: Resources
    volumeSpec: _Volume


class _UnsafeFlags(_Strict):
    replsetSize: bool = False


class _PerconaServerMongoDBSpec(_Strict):
    crVersion: Annotated[str, Field(pattern=r"^1\.23\.\d+$")]
    image: Annotated[str, Field(pattern=r"^percona/percona-server-mongodb:[\d.]+-\d+$")]
    imagePullPolicy: Literal["Always", "IfNotPresent"]
    updateStrategy: Literal["SmartUpdate", "RollingUpdate", "OnDelete"]
    upgradeOptions: _Upgrades
    secrets: _Secrets
    tls: _MongoTls
    unsafeFlags: _UnsafeFlags = _UnsafeFlags()
    replsets: list[_Replset] = Field(min_length=1)
    sharding: _Switch
    backup: _Switch


class PerconaServerMongoDB(_Strict):
    apiVersion: Literal["psmdb.percona.com/v1"]
    kind: Literal["PerconaServerMongoDB"]
    metadata: _Metadata
    spec: _PerconaServerMongoDBSpec
