"""diffusers' script for FLUX.1 Kontext."""

from __future__ import annotations

from dreambooth import keep_pairs

keep_pairs(1)
