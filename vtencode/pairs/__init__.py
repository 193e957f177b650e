"""Pairs: sample x task -> one training record, its round trip already checked."""

from vtencode.pairs.checks import RoundTrip, check_contract, round_trip, worst_of
from vtencode.pairs.make import Made, Place, make_pair, pair_key
from vtencode.pairs.meta import PairMeta, pair_schema

__all__ = [
    "Made",
    "PairMeta",
    "Place",
    "RoundTrip",
    "check_contract",
    "make_pair",
    "pair_key",
    "pair_schema",
    "round_trip",
    "worst_of",
]
