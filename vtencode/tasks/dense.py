"""Tasks whose answer is the whole target: depth, normals, and targets of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from vtencode.codecs.base import Codec
from vtencode.codecs.depth import DepthCodec
from vtencode.codecs.normals import NormalCodec
from vtencode.frames import frame
from vtencode.palettes import format_color
from vtencode.palettes.words import spelled
from vtencode.seeds import Chance
from vtencode.targets import DepthMap, DepthState, NormalMap, RelativeDepthMap
from vtencode.tasks.base import Question, Task, Wording

#: What people call the colors of a path, and their order from near to far.
COLORMAPS = {
    "cube": ("rainbow", "black-red-yellow-green-cyan-blue-magenta-white"),
    "cube-core": ("rainbow", "black-red-yellow-green-cyan-blue-magenta-white"),
    "hue": ("hue", "red-yellow-green-cyan-blue-magenta"),
    "gray": ("grayscale", "black-gray-white"),
    "viridis": ("viridis", "purple-teal-green-yellow"),
    "plasma": ("plasma", "blue-purple-orange-yellow"),
    "inferno": ("inferno", "black-purple-red-orange-yellow"),
    "turbo": ("turbo", "blue-cyan-green-yellow-red"),
}
_TOWARD = {
    "right": "to the right",
    "left": "to the left",
    "up": "upward",
    "down": "downward",
    "backward": "toward the viewer",
    "forward": "away from the viewer",
}


@dataclass(frozen=True, kw_only=True)
class Paint(Task[Any]):
    """Paint a target as it is; what a recipe means by a task that is no other."""

    name: ClassVar[str] = "paint"
    summary: ClassVar[str] = "a target as it is"
    target: ClassVar[str] = ""
    takes: ClassVar[tuple[type, ...]] = (object,)
    paints: ClassVar[type] = object

    def ask(self, target: Any, codec: Codec[Any], chance: Chance, *, where: str) -> Question:  # noqa: ARG002  # the interface's
        """The target."""
        return Question(target, codec)


@dataclass(frozen=True, kw_only=True)
class DepthTask(Task[DepthMap]):
    """How far every pixel is. A colormap other than the codec's own is named in the prompt.

    So is the color of what is infinitely far, where the colormap does not end with it.
    """

    name: ClassVar[str] = "depth"
    summary: ClassVar[str] = "metric depth of every pixel"
    target: ClassVar[str] = "depth"
    takes: ClassVar[tuple[type, ...]] = (DepthMap,)
    refuses: ClassVar[Mapping[type, str]] = {
        RelativeDepthMap: "it is known up to scale only: ask for relative-depth"
    }
    paints: ClassVar[type] = DepthMap
    fields: ClassVar[tuple[str, ...]] = ("colormap", "colors", "far")
    codec: ClassVar[str] = "depth"
    pool: ClassVar[str] = "depth"

    def ask(self, target: DepthMap, codec: Codec[Any], chance: Chance, *, where: str) -> Question:  # noqa: ARG002  # the interface's
        """The depth map, and what its colors are called."""
        supplied, convey = self.wordings(codec)[-1 if (target.state == DepthState.FAR).any() else 0]
        told = ("far",) in convey
        fields = {**_colormap(codec), "far": _far(codec) if told else ""}
        return Question(target, codec, {name: fields[name] for name in supplied}, convey)

    def wordings(self, codec: Codec[Any]) -> tuple[Wording, ...]:
        """Nothing need be said of the colors of the codec's own path; of another, also of far's."""
        named = tuple(_colormap(codec))
        fields = (*named, "far")
        if not named or _path(codec) == _path(DepthCodec()):
            return (Wording(fields),)
        near = Wording(fields, (named,))
        return (near,) if not _far(codec) else (near, Wording(fields, (named, ("far",))))


@dataclass(frozen=True, kw_only=True)
class RelativeDepthTask(DepthTask):
    """How far every pixel is, compared with the others of its image.

    Metric depth will do, and so will depth that is known up to scale only.
    """

    name: ClassVar[str] = "relative-depth"
    summary: ClassVar[str] = "depth of every pixel, up to scale"
    refuses: ClassVar[Mapping[type, str]] = {}
    codec: ClassVar[str] = "depth:marigold"
    pool: ClassVar[str] = "relative-depth"


@dataclass(frozen=True, kw_only=True)
class NormalsTask(Task[NormalMap]):
    """Where every surface faces. A frame other than the codec's own is told in the prompt."""

    name: ClassVar[str] = "normals"
    summary: ClassVar[str] = "surface normal of every pixel"
    target: ClassVar[str] = "normals"
    takes: ClassVar[tuple[type, ...]] = (NormalMap,)
    paints: ClassVar[type] = NormalMap
    fields: ClassVar[tuple[str, ...]] = ("axes",)
    codec: ClassVar[str] = "normals"
    pool: ClassVar[str] = "normals"

    def ask(self, target: NormalMap, codec: Codec[Any], chance: Chance, *, where: str) -> Question:  # noqa: ARG002  # the interface's
        """The normals, and what red, green and blue mean."""
        ((_, convey),) = self.wordings(codec)
        return Question(target, codec, _axes(codec), convey)

    def wordings(self, codec: Codec[Any]) -> tuple[Wording, ...]:
        """Nothing need be said of the axes of the codec's own frame."""
        fields = tuple(_axes(codec))
        standard = not fields or _axes(codec) == _axes(NormalCodec())
        return (Wording(fields, () if standard else (fields,)),)


def _colormap(codec: Codec[Any]) -> Mapping[str, str]:
    if _path(codec) not in COLORMAPS:
        return {}
    colormap, colors = COLORMAPS[_path(codec)]
    return {"colormap": colormap, "colors": colors}


def _far(codec: Codec[Any]) -> str:
    """A sentence on the color of the sky; nothing where the path ends with it."""
    if not isinstance(codec, DepthCodec) or codec.path.ends_far:
        return ""
    far = codec.path.far
    words = format_color(far, "name" if far in spelled() else "round")
    return f"The sky, and whatever else is infinitely far, is {words}."


def _path(codec: Codec[Any]) -> str:
    return str(getattr(getattr(codec, "path", None), "name", ""))


def _axes(codec: Codec[Any]) -> Mapping[str, str]:
    if not isinstance(codec, NormalCodec):
        return {}
    red, green, blue = (_TOWARD[axis] for axis in frame(codec.frame).axes)
    return {"axes": f"Red grows {red}, green {green} and blue {blue}."}
