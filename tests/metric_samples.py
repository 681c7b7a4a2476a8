"""Reads single samples of this process's metrics, of which the tests make many."""

from prometheus_client import REGISTRY


def read_sample(name: str, **labels: str) -> float | None:
    """Return the value of the sample, None where there is none. Only the metric of that name is collected."""
    metric = REGISTRY.restricted_registry([name])
    return next(
        (sample.value for family in metric.collect() for sample in family.samples if sample.labels == labels), None
    )
