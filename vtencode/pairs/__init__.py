"""Pairs: sample x task -> one training record, its round trip already checked."""

from vtencode.pairs.checks import RoundTrip, check_contract, round_trip, worst_of
from vtencode.pairs.make import Made, Place, make_pair, pair_key

__all__ = [
    "Made",
    "Place",
    "RoundTrip",
    "check_contract",
    "make_pair",
    "pair_key",
    "round_trip",
    "worst_of",
]
