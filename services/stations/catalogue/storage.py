"""The collections of the catalogue, as every service that keeps one has them."""

from shared.catalogue.storage import INDEXES

__all__ = ["INDEXES"]
