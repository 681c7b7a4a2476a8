"""Exports (导出) of reports: files that are asked for here, and written by `python -m services.gateway.exports`.

Owns `exports` and `export_parts`. A file holds ids, codes and numbers, and nothing about a person.
"""

from typing import Final

from services.gateway.features.exports.records import INDEXES
from services.gateway.projection.feature import Feature

FEATURE: Final = Feature("exports", indexes=INDEXES)
