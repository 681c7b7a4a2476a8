"""Dead letters: read them, mask personal data, send one back as it is or edited, drop it.

`letter` is one dead letter, `stored` their place in the stores, `masking` the rule for the fields shown, `editing` a
new body held to its contract, `repairs` the ways to send one back or edit it on record.
"""

from shared.contracts.registry import load_contracts

# From here on every event and command is known by its type, which masking and editing need.
load_contracts()
