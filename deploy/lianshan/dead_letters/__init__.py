"""Dead letters: reading them, what may be shown of one, sending one back as it is or edited."""

from shared.contracts.registry import load_contracts

load_contracts()  # then every event and command is known by its type
