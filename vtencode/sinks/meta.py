"""The metadata of a pair: flat, and the same fields in every record of every dataset.

Readers infer the columns of a dataset from its first records and drop what only later ones have,
so that whatever varies from pair to pair is canonical JSON in one text.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class PairMeta(BaseModel):
    """What is known of one training pair, beside its pictures and its prompt."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    key: str = Field(description="The pair's, unique in its dataset.")
    instruction: str = Field(description="The prompt.")
    task: str = Field(description="What was asked: depth, semantic, referring, …")
    target: str = Field(description="The source's target that was asked about.")
    asked: str = Field(description="JSON list of the names, phrases or joints asked for.")
    negative: bool = Field(description="Nothing that was asked for is in the image.")
    instruction_id: str = Field(description="First 12 hex digits of the template's sha256.")
    prompt_tokens: int = Field(ge=1, description="Estimated T5 tokens of the instruction.")
    codec: str = Field(description="JSON spec of the codec: name, version, params.")
    legend: str = Field(description="JSON of the picture's legend: colors and facts.")
    framing: str = Field(description="JSON of the transform from source pixels.")
    camera: str = Field(description="JSON of the framed camera, or empty.")
    height: int = Field(ge=0, description="Of both pictures, in pixels.")
    width: int = Field(ge=0, description="Of both pictures, in pixels.")
    worst_error: float = Field(ge=0, description="Of the round trip, in `unit`.")
    worst_share_of_tolerance: float = Field(ge=0, le=1, description="At the worst pixel.")
    unit: str = Field(description="Unit of `worst_error`.")
    valid_share: float = Field(ge=0, le=1, description="Share of pixels whose value is known.")
    seed: int = Field(description="The recipe's seed.")
    turn: int = Field(ge=0, description="The pair's place in the plan.")
    recipe: str = Field(description="The recipe that asked.")
    dataset: str = Field(description="The source's name.")
    split: str = Field(description="The published split of the sample.")
    license: str = Field(description="Of the dataset, in its authors' words.")
    image_id: str = Field(description="The image's identity across datasets, or empty.")
    source_file: str = Field(description="What was read, relative to the dataset's root.")
    source_member: str = Field(description="The member of a container, or empty.")
    source_sha256: str = Field(description="Of the image's own file, where it has one, or empty.")
    source: str = Field(description="JSON of what else the source tells of the sample.")


def pair_schema() -> str:
    """The JSON Schema of a record's metadata."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    whole: dict[str, Any] = {**schema, **PairMeta.model_json_schema()}
    return json.dumps(whole, indent=2, sort_keys=True) + "\n"
