"""The secrets that the manifests read and nobody else makes: `python -m deploy.lianshan.kubernetes.credentials`.

They are made of the system's randomness, printed once for `kubectl create -f -` and kept nowhere but in the cluster.
`create` refuses to overwrite, so that a second run cannot replace the keys that stored personal data is sealed with.
"""

import base64
import json
import secrets
import sys
from typing import Final

NAMESPACE: Final = "lianshan"
BROKER: Final = "rabbitmq.lianshan.svc:5671"
SEALING: Final = ("stations", "charity", "volunteering")
"""The services that seal personal data."""
OTHERS: Final = ("gateway", "projector", "webhooks", "observer", "operator")

Values = dict[str, str]
Manifest = dict[str, object]


def make_credentials() -> dict[str, Values]:
    """Return new values for each secret: for each user of the two servers its passwords and its own keys."""
    users = (*SEALING, *OTHERS)
    made = {user: {"amqp_password": _make_password(), "mongo_password": _make_password()} for user in users}
    data_key = base64.b64encode(secrets.token_bytes(32)).decode()
    for user in (*SEALING, "operator"):
        made[user]["data_key"] = data_key  # one for all: a backup is restored with one
    webhook_key = base64.b64encode(secrets.token_bytes(32)).decode()
    for user in ("gateway", "webhooks"):
        made[user]["webhook_key"] = webhook_key  # one seals, the other opens
    made["gateway"]["admin_key"] = f"lk_{secrets.token_hex(32)}"
    made["observer"] |= _make_keda_values(made["observer"]["amqp_password"])
    return {f"{user}-credentials": values for user, values in made.items()}


def make_manifests(made: dict[str, Values]) -> Manifest:
    """Return the secrets as kubectl takes them."""
    return {"apiVersion": "v1", "kind": "List", "items": [_make_secret(name, values) for name, values in made.items()]}


def _make_password() -> str:
    # Letters and digits alone, so that it may stand in an address as it is.
    return secrets.token_hex(24)


def _make_keda_values(password: str) -> Values:
    # KEDA reads the queues' depths as the observer. It takes a whole address, and beside it the word for TLS.
    return {"keda_host": f"amqps://observer:{password}@{BROKER}/", "keda_tls": "enable"}


def _make_secret(name: str, values: Values) -> Manifest:
    metadata = {"name": name, "namespace": NAMESPACE, "labels": {"app.kubernetes.io/part-of": "lianshan"}}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "Opaque", "stringData": values}


def main() -> int:
    """Print the secrets for kubectl; never to a terminal, where they would stay to be read."""
    if sys.stdout.isatty():
        sys.stderr.write("these are secrets, not for a screen: pipe them into `kubectl create -f -`\n")
        return 2
    json.dump(make_manifests(make_credentials()), sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
