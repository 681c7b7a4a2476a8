"""The laws of the house (L1 to L4), held against what a running platform has stored.

Only reads, streams what is large, and knows the services by what they store, never by their code. Meant for a
quiet moment: `left_to_do` tells whether there is one.
"""

from deploy.lianshan.laws.check import LAWS, check_each_law, check_laws
from deploy.lianshan.laws.quiet import left_to_do

__all__ = ["LAWS", "check_each_law", "check_laws", "left_to_do"]
