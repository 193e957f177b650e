"""Fixtures that several test files share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from vtencode.miniatures.nyu_depth_v2 import write

settings.register_profile("ci", derandomize=True, deadline=None, max_examples=60)
settings.register_profile(
    "nightly",
    deadline=None,
    max_examples=10_000,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

#: Scripts for the interpreters of trainers; see test_trainers.py.
collect_ignore = ["trainers"]

SAMPLES = Path(__file__).parents[2] / "shared" / "samples"


@pytest.fixture(scope="session")
def samples() -> Path:
    """Real files of public datasets, which may not be redistributed."""
    if not SAMPLES.is_dir():
        pytest.skip(f"real dataset samples are not at {SAMPLES}; they may not be redistributed")
    return SAMPLES


@pytest.fixture(scope="session")
def nyu(tmp_path_factory) -> Path:
    """A miniature of NYU Depth V2: 4 training frames, 1 to test."""
    return write(tmp_path_factory.mktemp("nyu"), count=4)
