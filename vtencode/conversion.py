"""Pictures as codes: opened with the codec that they say, or are said, to be of; and converted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vtencode.codecs.base import Code, Codec, Decoded, codec, codec_from_spec
from vtencode.durable import write_whole
from vtencode.encodings import ENCODINGS
from vtencode.errors import CodeError, SourceError, SpecError, UnknownNameError
from vtencode.images import Picture, sniff
from vtencode.painted import painted, read_painted
from vtencode.registry import find, names
from vtencode.targets import InstanceMasks, Keypoints


@dataclass(frozen=True)
class Named:
    """`NAME[:PRESET]` and parameters that differ from it: a codec, or a foreign encoding.

    `option` is where the user said it.
    """

    text: str
    params: Mapping[str, Any]
    option: str = "--codec"

    @property
    def foreign(self) -> bool:
        """Whether it is a foreign encoding, of which there is one form only."""
        if self.text not in ENCODINGS:
            return False
        if self.params:
            raise SpecError(f"{self.text} must be taken as it is: it has no parameters.")
        return True

    @property
    def codec(self) -> Codec[Any]:
        """The codec. Raises `UnknownNameError`, which tells encodings too where they will do."""
        name, _, preset = self.text.partition(":")
        if self.option != "--codec" and name not in names("codec"):
            raise UnknownNameError(self.option, name, (*names("codec"), *ENCODINGS))
        return codec(name, preset or None, **self.params)

    @property
    def target_type(self) -> type:
        """What it is an encoding of."""
        cls = find("codec", ENCODINGS[self.text].kind) if self.foreign else type(self.codec)
        target_type: type = cls.target_type()
        return target_type

    def check(self, own: Codec[Any], file: Path) -> None:
        """Raise `SpecError` naming what differs between this and what a file says of itself.

        A bare name agrees with every preset, but where parameters are told.
        """
        name, _, preset = self.text.partition(":")
        if name != own.name:
            raise SpecError(f"{file} says it is a {own.name} code, and {self.option} says {name}.")
        if not preset and not self.params:
            return
        given, found = _flat(self.codec.spec()["params"]), _flat(own.spec()["params"])
        for key in sorted({*given, *found} if preset else _flat(self.params)):
            if given.get(key) != found.get(key):
                raise SpecError(
                    f"{file} says {own.name} {key} = {_told(found, key)}, and {self.option} "
                    f"{self.text} says {_told(given, key)}. Leave {self.option} out to read it as "
                    "it was painted."
                )


def open_code(file: Path, named: Named | None) -> tuple[Code, Codec[Any]]:
    """Open a picture, and find the codec that it says, or is said, to be of.

    Raises `SpecError` where the two differ, or there is none, or its version is another.
    """
    data = _bytes(file)
    try:
        if sniff(data) == "png":
            code, spec = read_painted(data)
        else:
            code, spec = Code(Picture.from_bytes(data).rgb, exact=False), None
    except CodeError as error:
        raise CodeError(f"{file}: {error}") from error
    if spec is None:
        if named is None:
            raise SpecError(f"{file} does not say which codec painted it: --codec NAME[:PRESET].")
        return code, named.codec
    own = codec_from_spec(_read_spec(spec, file))
    if named is not None:
        named.check(own, file)
    return code, own


def read_named(file: Path, named: Named | None) -> Any:
    """The target in a file: a code, or a file of a foreign encoding."""
    if named is None or not named.foreign:
        code, made = open_code(file, named)
        return made.decode(code).target
    try:
        return ENCODINGS[named.text].read(_bytes(file))
    except CodeError as error:
        raise CodeError(f"{file}: {error}") from error


@dataclass(frozen=True)
class Converted:
    """What a conversion changed: the worst error, in `unit`, and how many states were lost."""

    worst: float
    lost: int
    unit: str


def convert(file: Path, source: Named | None, to: Named, out: Path) -> Converted:
    """Read `file` as `source`, write it as `to`, read that back, and compare.

    Raises `SpecError` where the two are of different targets, or `to` can only be read.
    """
    target = read_named(file, source)
    if not isinstance(target, to.target_type):
        raise SpecError(
            f"{to.text} must be an encoding of the same kind: it is of a {to.target_type.__name__},"
            f" and {file} holds a {type(target).__name__}."
        )
    if to.foreign:
        encoding = ENCODINGS[to.text]
        if encoding.write is None:
            raise SpecError(f"{to.text} can only be read: {encoding.summary}.")
        data, judge = encoding.write(target), codec(encoding.kind)
        back = encoding.read(data)
    else:
        judge = to.codec
        code = judge.encode(target)
        data, back = painted(code, judge), judge.decode(code).target
    write_whole(out, data)
    off = judge.error(target, back)
    finite = off[np.isfinite(off)]
    return Converted(float(finite.max(initial=0)), int(off.size - finite.size), judge.unit)


def joined(decoded: Iterable[Decoded[Any]]) -> Any:
    """The target whose pages were decoded, one after the other."""
    targets = [each.target for each in decoded]
    if len(targets) == 1:
        return targets[0]
    if all(isinstance(target, Keypoints) for target in targets):
        return Keypoints.joined(targets)
    if all(isinstance(target, InstanceMasks) for target in targets):
        regions = tuple(region for target in targets for region in target.regions)
        return InstanceMasks(targets[0].shape, regions)
    raise SpecError("several files must be pages of instances or of keypoints.")


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise SourceError(f"{file} cannot be read: {error}") from error


def _read_spec(text: str, file: Path) -> dict[str, Any]:
    try:
        spec = json.loads(text)
    except (ValueError, RecursionError):
        spec = None
    if not isinstance(spec, dict) or not isinstance(spec.get("params", {}), dict):
        raise SpecError(f"{file} must say its codec as a JSON object, got {text:.60}.")
    return spec


def _flat(params: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """Nested parameters by dotted name."""
    flat: dict[str, Any] = {}
    for key, value in params.items():
        nested = isinstance(value, Mapping)
        flat |= _flat(value, f"{above}{key}.") if nested else {f"{above}{key}": value}
    return flat


def _told(params: Mapping[str, Any], key: str) -> str:
    return repr(params[key]) if key in params else "nothing of it"
