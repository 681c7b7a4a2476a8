"""The view of residents, for the features that show their needs and merges."""

from typing import Final

from services.gateway.features.residents import FEATURE
from services.gateway.projection.plain import PlainView

ResidentView: Final[type[PlainView]] = FEATURE.view
