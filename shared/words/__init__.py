"""Words: the Chinese and English sentences of reason codes, put to them only where a person reads.

Services keep and send `{code, args}`. The gateway and the operator's command word them by
`Wording(language).sentence(…)`.
"""

from shared.words.catalogues import CATALOGUES, LANGUAGES, Language
from shared.words.negotiation import language_of_environment, negotiate
from shared.words.wording import Wording

__all__ = [
    "CATALOGUES",
    "LANGUAGES",
    "Language",
    "Wording",
    "language_of_environment",
    "negotiate",
]
