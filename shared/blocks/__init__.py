"""Chained blocks (区块): rows that were written before are listed in blocks, each of which has the hash of the last.

A later change, removal or insertion of a row changes a published hash. The core is pure; the audit is
chained by `shared.engine.run.audit_blocks`.
"""

from shared.blocks.canonical import canonical
from shared.blocks.chain import Block, Entry, Header, build_block, enter
from shared.blocks.merkle import hash_leaf, is_proved, prove
from shared.blocks.verification import Fault, Kind, LateRow, Report, verify_blocks, verify_rows

__all__ = [
    "Block",
    "Entry",
    "Fault",
    "Header",
    "Kind",
    "LateRow",
    "Report",
    "build_block",
    "canonical",
    "enter",
    "hash_leaf",
    "is_proved",
    "prove",
    "verify_blocks",
    "verify_rows",
]
