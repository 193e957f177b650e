"""Cards: what a built dataset tells people, the Hub, and programs that read Croissant."""

from vtencode.cards.card import card
from vtencode.cards.croissant import croissant
from vtencode.cards.files import edited, write

__all__ = ["card", "croissant", "edited", "write"]
