"""`python -m deploy.lianshan.kubernetes.rules`: the rules of deploy/monitoring as the Prometheus operator takes them.

kustomize cannot wrap a file, so what it makes is kept beside the other manifests; a test tells when it is old.
"""

from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parents[2] / "kubernetes"
RULES: Final = HERE.parent / "monitoring" / "rules"
MADE: Final = HERE / "base" / "monitoring" / "rules.yaml"
_HEAD: Final = """\
# Made from deploy/monitoring/rules/{name}.yaml by `python -m deploy.lianshan.kubernetes.rules`: change it there.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: {name}
spec:
"""


def wrapped() -> str:
    """All of them as one file, each file of rules a resource of its own."""
    return "---\n".join(_wrap(path) for path in sorted(RULES.glob("*.yaml")))


def _wrap(path: Path) -> str:
    lines = path.read_text(encoding="utf-8").splitlines()
    return _HEAD.format(name=path.stem) + "".join(f"  {line}\n" if line else "\n" for line in lines)


if __name__ == "__main__":
    MADE.write_text(wrapped(), encoding="utf-8")
