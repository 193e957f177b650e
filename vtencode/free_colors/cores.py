"""Flat cores: connected pixels of one color, away from every edge."""

from __future__ import annotations

import cv2
import numpy as np

from vtencode.free_colors.halos import halos
from vtencode.free_colors.links import components
from vtencode.free_colors.regions import kept, largest, medians, sizes, tallies
from vtencode.targets import Array

_NINE = np.ones((3, 3), dtype=np.uint8)
#: Cores that are looked at, the largest: four for each instance that a code can hold.
_MOST_CORES = 4096
#: A picture is noisy when the median filter changes more of its pixels than this.
_NOISY = 0.3
#: A core has two colors when, in some channel, more than this share of its pixels is off its
#: median by more than so many levels: blurred chroma has joined what it should part.
_OFF_SHARE, _OFF = 0.1, 16


def flat_cores(
    rgb: Array, *, flat: float, step: float, least: float, small: float, halo_radius: float
) -> tuple[Array, Array]:
    """Label the cores 1, 2, … of a picture with pixels: int32 (H, W), 0 between them.

    With the histograms of their colors, int64 (N + 1, 3, 256). In a core no channel ranges over
    more than `flat` levels within 3 x 3 pixels, and neighbors differ by `step` at most; noise
    widens both. Cores under `least` pixels are left out, and so are halos, which are `small`.
    """
    smooth = cv2.medianBlur(rgb, 3)
    noise = _noise(rgb, smooth)
    inside = _range(smooth) <= flat + 3 * noise
    cores, tally = _kept(smooth, components(smooth, inside, step=step + 2 * noise), least)
    mixed = _mixed(tally, _OFF + 3 * noise)
    if mixed.any():
        apart = components(smooth, mixed[cores], step=step / 2 + 2 * noise)
        apart[apart > 0] += len(mixed)
        cores, tally = _kept(smooth, np.where(mixed[cores], apart, cores), least)
    halo = halos(cores, tally[:, 0].sum(axis=1), medians(tally), small=small, tolerance=halo_radius)
    return kept(cores, ~halo), tally[~halo | (np.arange(len(halo)) == 0)]


def _kept(smooth: Array, cores: Array, least: float) -> tuple[Array, Array]:
    """Keep the largest of the cores that are large enough, and tally their colors."""
    size = sizes(cores, 0)
    size[0] = 0
    keep = (size >= max(1, least)) & largest(size, _MOST_CORES)
    cores = kept(cores, keep)
    return cores, tallies(smooth, cores, int(np.count_nonzero(keep)))


def _mixed(tally: Array, off: float) -> Array:
    """Tell which labels hold more than one color: bool (N + 1,)."""
    away = np.abs(np.arange(256) - medians(tally)[:, :, None]) > off
    count = np.maximum(tally[:, 0].sum(axis=1), 1)
    mixed: Array = (tally * away).sum(axis=2).max(axis=1) > _OFF_SHARE * count
    return mixed


def _noise(rgb: Array, smooth: Array) -> float:
    """Median of what a median filter takes away, in levels; 0 where it leaves most pixels."""
    off = cv2.absdiff(rgb, smooth)
    changed = np.count_nonzero(_most(off))
    if changed <= _NOISY * rgb.shape[0] * rgb.shape[1]:
        return 0.0
    tally = np.bincount(off.reshape(-1), minlength=256)
    return float(np.searchsorted(np.cumsum(tally) * 2, off.size))


def _range(smooth: Array) -> Array:
    """Largest range of a channel among the 3 x 3 pixels around each: uint8 (H, W)."""
    return _most(cv2.subtract(cv2.dilate(smooth, _NINE), cv2.erode(smooth, _NINE)))


def _most(rgb: Array) -> Array:
    red, green, blue = cv2.split(rgb)
    most: Array = cv2.max(cv2.max(red, green), blue)
    return most
