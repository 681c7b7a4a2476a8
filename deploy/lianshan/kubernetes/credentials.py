"""Every secret that the manifests read and nobody else makes, for `kubectl create -f -`.

They are made of the system's randomness, printed once and kept nowhere: the cluster is where they live. `create`
refuses to overwrite, so that a second run cannot replace the keys that stored personal data is sealed with.
"""

import base64
import json
import secrets
import sys
from typing import Any, Final

NAMESPACE: Final = "lianshan"
BROKER: Final = "rabbitmq.lianshan.svc:5671"
SEALING: Final = ("stations", "charity", "volunteering")
"""The services that seal personal data."""
OTHERS: Final = ("gateway", "projector", "observer", "operator")

Values = dict[str, str]


def make() -> dict[str, Values]:
    """The values of each secret, new: for each user of the two servers its passwords and what is its own."""
    made = {user: {"amqp_password": _password(), "mongo_password": _password()} for user in (*SEALING, *OTHERS)}
    data_key = base64.b64encode(secrets.token_bytes(32)).decode()
    for service in SEALING:
        made[service]["data_key"] = data_key  # one for all: a backup is restored with one
    made["gateway"]["admin_key"] = f"lk_{secrets.token_hex(32)}"
    made["observer"] |= _for_keda(made["observer"]["amqp_password"])
    return {f"{user}-credentials": values for user, values in made.items()}


def manifests(made: dict[str, Values]) -> dict[str, Any]:
    """As kubectl takes them."""
    return {"apiVersion": "v1", "kind": "List", "items": [_secret(name, values) for name, values in made.items()]}


def _password() -> str:
    """Of letters and digits alone, so that it may stand in an address as it is."""
    return secrets.token_hex(24)


def _for_keda(password: str) -> Values:
    """KEDA looks at the queues as the observer. It wants the whole address, and to be told beside it to use TLS."""
    return {"keda_host": f"amqps://observer:{password}@{BROKER}/", "keda_tls": "enable"}


def _secret(name: str, values: Values) -> dict[str, Any]:
    metadata = {"name": name, "namespace": NAMESPACE, "labels": {"app.kubernetes.io/part-of": "lianshan"}}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "Opaque", "stringData": values}


def main() -> int:
    """Print them for kubectl; never to a terminal, where they would stay to be read."""
    if sys.stdout.isatty():
        sys.stderr.write("these are secrets, not for a screen: pipe them into `kubectl create -f -`\n")
        return 2
    json.dump(manifests(make()), sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
