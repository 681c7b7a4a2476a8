"""Dead letters: read them, mask what is about a person, send one back as it is or edited, drop it.

`letter` is one dead letter, `stored` where they stand, `masking` what may be shown, `editing` a new body held to its
contract, `repairs` how one is sent back or edited on record.
"""

from shared.contracts.registry import load_contracts

# From here on every event and command is known by its type, which masking and editing need.
load_contracts()
