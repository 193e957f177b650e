"""diffusers' scripts for FLUX.2, dev and klein."""

from __future__ import annotations

from dreambooth import keep_pairs

keep_pairs(2)
