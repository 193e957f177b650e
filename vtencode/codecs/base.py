"""The contract of a codec: a map between a typed target and an 8-bit RGB image, and back.

Laws, for every target x and every picture p:

- `decode(encode(x))` is within `tolerance(x)` of x, and every special state survives;
- `decode` never fails on uint8 (H, W, 3), whoever painted it;
- decoding is a projection: `decode(encode(decode(p)))` equals `decode(p)`, for pictures read as
  painted and for codes that `encode` wrote;
- `codec(spec)` equals the codec whose `spec()` went through JSON.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Generic, Self, TypeVar, get_args

from vtencode.errors import SpecError
from vtencode.legends import Legend
from vtencode.pixels import check_rgb
from vtencode.registry import find, names
from vtencode.spec import from_params, merge, to_params
from vtencode.targets import Array

T = TypeVar("T")

#: Metadata of a parameter that a version got later: older specs lack it, and mean its default.
LATER = "later"


@dataclass(frozen=True, eq=False)
class Code:
    """An RGB image that stands for a target, with its legend.

    `rgb` is uint8 (H, W, 3), sRGB bytes without a color profile. `exact` says that `encode`
    wrote this image, byte for byte; a picture that a generator painted is not exact, and codecs
    read it with the tolerance that generators need.
    """

    rgb: Array
    legend: Legend = field(default_factory=Legend)
    exact: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "rgb", check_rgb(self.rgb))


@dataclass(frozen=True, eq=False)
class Decoded(Generic[T]):
    """What a picture says, and how sure that is.

    `residual` is float32 (H, W): the distance, in RGB levels, from each color to the code color
    it was read as. `confidence` is float32 (H, W) in [0, 1]: 1 on a code color, 0 where the
    color is as far off as the codec can correct.
    """

    target: T
    confidence: Array
    residual: Array


@dataclass(frozen=True, kw_only=True)
class Codec(ABC, Generic[T]):
    """An invertible map between targets of one type and RGB images.

    Subclasses are frozen dataclasses. `name` is stored and never renamed; `version` grows by one
    when any stored pixel would decode differently. `presets` maps names to changed parameters.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    summary: ClassVar[str]
    #: Unit of `tolerance` and `error`.
    unit: ClassVar[str]
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    #: How far, in `unit`, re-encoding may move what was decoded; 0 where positions are discrete.
    projection_error: ClassVar[float] = 0.0

    @abstractmethod
    def encode(self, target: T) -> Code:
        """Paint the target. Raises `TargetError` for what this codec cannot hold."""

    @abstractmethod
    def read(self, code: Code) -> Decoded[T]:
        """Read a code; what `decode` calls once it has checked its argument."""

    @abstractmethod
    def tolerance(self, target: T) -> Array:
        """Bound on |decode(encode(target)) - target|, elementwise, finite; 0 means exact."""

    @abstractmethod
    def error(self, target: T, decoded: T) -> Array:
        """|decoded - target|, elementwise; +inf where a special state did not survive."""

    @abstractmethod
    def contract(self) -> dict[str, Any]:
        """What the codec promises, as JSON for people and programs."""

    def decode(self, code: Code | Array) -> Decoded[T]:
        """Read a code, or any uint8 (H, W, 3) picture, as one that a generator painted.

        Raises `CodeError` for arrays of another dtype or shape, and nothing else.
        """
        return self.read(code if isinstance(code, Code) else Code(code, exact=False))

    def spec(self) -> dict[str, Any]:
        """The codec as JSON: name, version, every parameter."""
        return {"name": self.name, "version": self.version, "params": to_params(self)}

    @classmethod
    def target_type(cls) -> type:
        """The type of target that is coded: the T of `Codec[T]`."""
        for base in (base for kin in cls.__mro__ for base in getattr(kin, "__orig_bases__", ())):
            for argument in get_args(base):
                if isinstance(argument, type):
                    return argument
        raise SpecError(f"{cls.__name__} must say what it codes: class {cls.__name__}(Codec[T]).")

    @classmethod
    def with_params(
        cls, preset: str | None = None, params: Mapping[str, Any] | None = None
    ) -> Self:
        """Make this codec with a preset's parameters, changed where `params` says so.

        Raises `SpecError` naming every parameter that is unknown or ill-typed.
        """
        if preset is not None and preset not in tuple(cls.presets):
            choice = f"Choose from: {', '.join(cls.presets)}." if cls.presets else "It has none."
            raise SpecError(f"{cls.name} has no preset {preset!r}. {choice}")
        base = merge(to_params(cls()), cls.presets[preset] if preset else {})
        return from_params(cls, merge(base, params or {}), where=cls.name)


def codec(name: str, preset: str | None = None, **params: Any) -> Codec[Any]:
    """Return the codec of that name.

    >>> codec("depth", curve={"lam": -2.0, "c": 3.0}).spec()["params"]["curve"]
    {'name': 'power', 'lam': -2.0, 'c': 3.0}
    """
    made: Codec[Any] = find("codec", name).with_params(preset, params)
    return made


def codec_from_spec(spec: Any) -> Codec[Any]:
    """Return the codec that a stored spec describes.

    Raises `SpecError` when the spec was written by another version of the codec, whose pixels
    may mean something else.
    """
    whole = isinstance(spec, Mapping) and {"name", "version", "params"} <= set(spec)
    if not whole or not isinstance(spec["params"], Mapping):
        raise SpecError(f"a codec spec must have name, version and params, got {spec!r}.")
    if spec["name"] not in names("codec"):
        raise SpecError(f"the codec {spec['name']!r} of this picture is not known here.")
    cls = find("codec", spec["name"])
    if type(spec["version"]) is not int or spec["version"] != cls.version:
        raise SpecError(
            f"{cls.name} version {spec['version']!r} wrote this picture, and version {cls.version} "
            "is installed: install the release that wrote it to decode it."
        )
    missing = [
        f.name for f in fields(cls) if f.name not in spec["params"] and not f.metadata.get(LATER)
    ]
    if missing:
        raise SpecError(f"a spec of {cls.name} must have {', '.join(missing)}: it has no defaults.")
    made: Codec[Any] = from_params(cls, spec["params"], where=cls.name)
    return made
