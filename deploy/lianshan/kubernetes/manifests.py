"""The manifests that kustomize cannot make itself: the alert rules as resources, and one file for each message service.

kustomize neither wraps a file nor repeats a resource with another name. So these manifests are rendered from the rules
of deploy/monitoring and from a template, and kept beside the others.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from shared.contracts.subscriptions import COMMANDED

KUBERNETES: Final = Path(__file__).resolve().parents[2] / "kubernetes"
RULES: Final = KUBERNETES.parent / "monitoring" / "rules"
TEMPLATE: Final = KUBERNETES / "templates" / "service.yaml"
PLACEHOLDER: Final = "SERVICE"
"""Stands for the service's name in the template."""
_RULES_HEAD: Final = """\
# Rendered from deploy/monitoring/rules/{name}.yaml by `python -m deploy.lianshan.rendering`: change it there.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: {name}
spec:
"""
_SERVICE_HEAD: Final = """\
# Rendered from deploy/kubernetes/templates/service.yaml by `python -m deploy.lianshan.rendering`: change it there.
"""


def render_manifests() -> Mapping[Path, str]:
    """Return the content of each rendered manifest, by its file."""
    template = _SERVICE_HEAD + TEMPLATE.read_text(encoding="utf-8")
    services = {KUBERNETES / "base" / "services" / f"{name}.yaml": name for name in COMMANDED}
    rules = "---\n".join(_wrap_rules(path) for path in sorted(RULES.glob("*.yaml")))
    return {
        KUBERNETES / "base" / "monitoring" / "rules.yaml": rules,
        **{path: template.replace(PLACEHOLDER, name) for path, name in services.items()},
    }


def _wrap_rules(path: Path) -> str:
    # Line by line and not parsed: the comments go along.
    lines = path.read_text(encoding="utf-8").splitlines()
    return _RULES_HEAD.format(name=path.stem) + "".join(f"  {line}\n" if line else "\n" for line in lines)
