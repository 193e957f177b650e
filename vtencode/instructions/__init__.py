"""Instructions: phrasings with fields, the pools they are drawn from, and how long they get."""

from vtencode.instructions.loading import load_pool, pool_faults, pool_names
from vtencode.instructions.pool import HELDOUT, Pool
from vtencode.instructions.template import Template
from vtencode.instructions.tokens import MAX_TOKENS, estimate_tokens

__all__ = [
    "HELDOUT",
    "MAX_TOKENS",
    "Pool",
    "Template",
    "estimate_tokens",
    "load_pool",
    "pool_faults",
    "pool_names",
]
