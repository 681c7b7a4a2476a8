"""The catalogue (目录) as every service reads it: entries, folding, matching and conversion. Pure.

Stations own the catalogue; the other services keep a view of it. The defaults are shipped with this package, so that no
service starts without them.
"""

from shared.contracts.catalogue.defaults import DEFAULTS
from shared.contracts.catalogue.entries import Code, Entry, Kind, Unit
from shared.contracts.catalogue.folding import fold
from shared.contracts.catalogue.matching import Catalogue

__all__ = ["DEFAULTS", "Catalogue", "Code", "Entry", "Kind", "Unit", "fold"]
