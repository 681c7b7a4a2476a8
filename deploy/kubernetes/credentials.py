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
"""The services that seal personal data, each with a key of its own."""

Secret = dict[str, Any]


def make() -> list[Secret]:
    """All of them, new."""
    made = [_secret(f"{service}-credentials", {**_passwords(), "data_key": _data_key()}) for service in SEALING]
    made.append(_secret("gateway-credentials", {**_passwords(), "admin_key": f"lk_{secrets.token_hex(32)}"}))
    made.append(_scaler(_password()))
    return made


def _passwords() -> dict[str, str]:
    return {"amqp_password": _password(), "mongo_password": _password()}


def _password() -> str:
    """Of letters and digits alone, so that it may stand in an address as it is."""
    return secrets.token_hex(24)


def _data_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _scaler(password: str) -> Secret:
    """KEDA wants the whole address, and to be told beside it that it is a TLS one."""
    host = f"amqps://scaler:{password}@{BROKER}/"
    return _secret("scaler-credentials", {"amqp_password": password, "host": host, "tls": "enable"})


def _secret(name: str, values: dict[str, str]) -> Secret:
    metadata = {"name": name, "namespace": NAMESPACE, "labels": {"app.kubernetes.io/part-of": "lianshan"}}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "Opaque", "stringData": values}


def main() -> int:
    """Print them for kubectl; never to a terminal, where they would stay to be read."""
    if sys.stdout.isatty():
        sys.stderr.write(
            "these are secrets: pipe them, as in `python -m deploy.kubernetes.credentials | kubectl create -f -`\n"
        )
        return 2
    json.dump({"apiVersion": "v1", "kind": "List", "items": make()}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
