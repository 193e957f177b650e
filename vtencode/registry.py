"""Names of codecs, curves, sources, miniatures, sinks and engines, resolved on first use.

Built-ins are a table of import paths, so that listing them imports nothing. Other packages add
their own through the entry point group `vtencode.<kind>s`; a name that is taken is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from vtencode.errors import SpecError, UnknownNameError

NAME = re.compile(r"[a-z0-9]+(?:[-.][a-z0-9]+)*")


@dataclass(frozen=True)
class Registry:
    """One kind of named thing.

    >>> "depth" in REGISTRIES["codec"].names()
    True
    """

    kind: str
    builtins: dict[str, str] = field(default_factory=dict)

    def names(self) -> tuple[str, ...]:
        """Every known name, sorted; imports none of the things."""
        return tuple(sorted(self._paths))

    def get(self, name: Any) -> Any:
        """Import and return what `name` stands for.

        Raises `UnknownNameError` for a name nobody registered.
        """
        path = self._paths.get(name) if isinstance(name, str) else None
        if path is None:
            raise UnknownNameError(self.kind, name, self.names())
        module, _, attribute = path.partition(":")
        return getattr(import_module(module), attribute)

    @cached_property
    def _paths(self) -> dict[str, str]:
        paths = dict(self.builtins)
        for entry in sorted(entry_points(group=f"vtencode.{self.kind}s")):
            if not NAME.fullmatch(entry.name):
                raise SpecError(
                    f"the {self.kind} name {entry.name!r} of {entry.value} must be lower-case "
                    "words joined by '-' or '.'."
                )
            if paths.setdefault(entry.name, entry.value) != entry.value:
                raise SpecError(
                    f"the {self.kind} name {entry.name!r} is taken by {paths[entry.name]}; "
                    f"{entry.value} must choose another."
                )
        return paths


REGISTRIES: dict[str, Registry] = {
    registry.kind: registry
    for registry in (
        Registry(
            "curve",
            {
                "disparity": "vtencode.curves:DisparityCurve",
                "grid": "vtencode.curves:GridCurve",
                "linear": "vtencode.curves:LinearCurve",
                "log": "vtencode.curves:LogCurve",
                "percentile": "vtencode.curves:PercentileCurve",
                "power": "vtencode.curves:PowerCurve",
            },
        ),
        Registry(
            "path",
            {
                "cube": "vtencode.paths:CubePath",
                "cube-core": "vtencode.paths:CubeCorePath",
                "gray": "vtencode.paths:GrayPath",
                "hue": "vtencode.paths:HuePath",
                "inferno": "vtencode.paths:InfernoPath",
                "plasma": "vtencode.paths:PlasmaPath",
                "turbo": "vtencode.paths:TurboPath",
                "viridis": "vtencode.paths:ViridisPath",
            },
        ),
        Registry(
            "codec",
            {
                "depth": "vtencode.codecs.depth:DepthCodec",
                "instances": "vtencode.codecs.instances:InstanceCodec",
                "keypoints": "vtencode.codecs.keypoints:KeypointCodec",
                "normals": "vtencode.codecs.normals:NormalCodec",
                "panoptic": "vtencode.codecs.panoptic:PanopticCodec",
                "semantic": "vtencode.codecs.semantic:SemanticCodec",
            },
        ),
        Registry(
            "decoder",
            {
                "paper": "vtencode.free_colors.paper:PaperColors",
                "seeded": "vtencode.free_colors.seeded:SeededColors",
            },
        ),
        Registry(
            "source",
            {
                "ade20k": "vtencode.sources.ade20k:Ade20k",
                "ade20k-full": "vtencode.sources.ade20k:Ade20kFull",
                "animal-pose": "vtencode.sources.animal_pose:AnimalPose",
                "ap10k": "vtencode.sources.ap10k:Ap10k",
                "blendedmvs": "vtencode.sources.blendedmvs:BlendedMvs",
                "cityscapes": "vtencode.sources.cityscapes:Cityscapes",
                "coco": "vtencode.sources.coco:Coco",
                "crowdpose": "vtencode.sources.crowdpose:CrowdPose",
                "diode": "vtencode.sources.diode:Diode",
                "eth3d": "vtencode.sources.eth3d:Eth3d",
                "folder": "vtencode.generic.folder:Folder",
                "hf": "vtencode.generic.hub:HubDataset",
                "human-art": "vtencode.sources.human_art:HumanArt",
                "hypersim": "vtencode.sources.hypersim:Hypersim",
                "ibims-1": "vtencode.sources.ibims:Ibims",
                "kitti-depth": "vtencode.sources.kitti_depth:KittiDepth",
                "lvis": "vtencode.sources.lvis:Lvis",
                "mapillary": "vtencode.sources.mapillary:Mapillary",
                "megadepth": "vtencode.sources.megadepth:MegaDepth",
                "mpii": "vtencode.sources.mpii:Mpii",
                "normals-eval": "vtencode.sources.normals_eval:NormalsEval",
                "nyu-depth-v2": "vtencode.sources.nyu_depth_v2:NyuDepthV2",
                "nyu-normals": "vtencode.sources.nyu_normals:NyuNormals",
                "ochuman": "vtencode.sources.ochuman:OcHuman",
                "omnidata": "vtencode.sources.omnidata:Omnidata",
                "open-images": "vtencode.sources.open_images:OpenImages",
                "reasonseg": "vtencode.sources.reasonseg:ReasonSeg",
                "refcoco": "vtencode.sources.refcoco:RefCoco",
                "sa-1b": "vtencode.sources.sa_1b:Sa1b",
                "sa-co": "vtencode.sources.sa_co:SaCo",
                "scannet": "vtencode.sources.scannet:ScanNet",
                "scenes": "vtencode.miniatures.scene_source:Scenes",
                "sintel": "vtencode.sources.sintel:Sintel",
                "sun-rgbd": "vtencode.sources.sun_rgbd:SunRgbd",
                "tartanair": "vtencode.sources.tartanair:TartanAir",
                "virtual-kitti-2": "vtencode.sources.virtual_kitti_2:VirtualKitti2",
                "voc": "vtencode.sources.voc:Voc",
                "webdataset": "vtencode.generic.shards:Shards",
            },
        ),
        Registry(
            "miniature",
            {
                "ade20k": "vtencode.miniatures.ade20k:write",
                "ade20k-full": "vtencode.miniatures.ade20k_full:write",
                "animal-pose": "vtencode.miniatures.animal_pose:write",
                "ap10k": "vtencode.miniatures.ap10k:write",
                "blendedmvs": "vtencode.miniatures.blendedmvs:write",
                "cityscapes": "vtencode.miniatures.cityscapes:write",
                "coco": "vtencode.miniatures.coco:write",
                "crowdpose": "vtencode.miniatures.crowdpose:write",
                "diode": "vtencode.miniatures.diode:write",
                "eth3d": "vtencode.miniatures.eth3d:write",
                "human-art": "vtencode.miniatures.human_art:write",
                "hypersim": "vtencode.miniatures.hypersim:write",
                "ibims-1": "vtencode.miniatures.ibims:write",
                "kitti-depth": "vtencode.miniatures.kitti_depth:write",
                "lvis": "vtencode.miniatures.lvis:write",
                "mapillary": "vtencode.miniatures.mapillary:write",
                "megadepth": "vtencode.miniatures.megadepth:write",
                "mpii": "vtencode.miniatures.mpii:write",
                "normals-eval": "vtencode.miniatures.normals_eval:write",
                "nyu-depth-v2": "vtencode.miniatures.nyu_depth_v2:write",
                "nyu-normals": "vtencode.miniatures.nyu_normals:write",
                "ochuman": "vtencode.miniatures.ochuman:write",
                "omnidata": "vtencode.miniatures.omnidata:write",
                "open-images": "vtencode.miniatures.open_images:write",
                "reasonseg": "vtencode.miniatures.reasonseg:write",
                "refcoco": "vtencode.miniatures.refcoco:write",
                "sa-1b": "vtencode.miniatures.sa_1b:write",
                "sa-co": "vtencode.miniatures.sa_co:write",
                "scannet": "vtencode.miniatures.scannet:write",
                "sintel": "vtencode.miniatures.sintel:write",
                "sun-rgbd": "vtencode.miniatures.sun_rgbd:write",
                "tartanair": "vtencode.miniatures.tartanair:write",
                "virtual-kitti-2": "vtencode.miniatures.virtual_kitti_2:write",
                "voc": "vtencode.miniatures.voc:write",
            },
        ),
        Registry(
            "task",
            {
                "binary": "vtencode.tasks.binary:BinaryTask",
                "depth": "vtencode.tasks.dense:DepthTask",
                "instance": "vtencode.tasks.instance:InstanceTask",
                "keypoints": "vtencode.tasks.joints:KeypointsTask",
                "normals": "vtencode.tasks.dense:NormalsTask",
                "panoptic": "vtencode.tasks.panoptic:PanopticTask",
                "part": "vtencode.tasks.classes:PartTask",
                "relative-depth": "vtencode.tasks.dense:RelativeDepthTask",
                "reasoning": "vtencode.tasks.pointing:ReasoningTask",
                "referring": "vtencode.tasks.pointing:ReferringTask",
                "semantic": "vtencode.tasks.classes:SemanticTask",
            },
        ),
        Registry(
            "sink",
            {
                "folder": "vtencode.sinks.folder:FolderSink",
                "parquet": "vtencode.sinks.parquet:ParquetSink",
                "webdataset": "vtencode.sinks.webdataset:WebDatasetSink",
            },
        ),
        Registry(
            "trainer",
            {
                "ai-toolkit": "vtencode.exports.ai_toolkit:AiToolkit",
                "automodel": "vtencode.exports.automodel:AutoModel",
                "bagel": "vtencode.exports.bagel:Bagel",
                "diffsynth": "vtencode.exports.diffsynth:DiffSynth",
                "diffusers": "vtencode.exports.diffusers:Diffusers",
                "diffusers-kontext": "vtencode.exports.diffusers:Kontext",
                "diffusion-pipe": "vtencode.exports.diffusion_pipe:DiffusionPipe",
                "energon": "vtencode.exports.energon:Energon",
                "instruct-pix2pix": "vtencode.exports.instruct_pix2pix:InstructPix2Pix",
                "ms-swift": "vtencode.exports.ms_swift:MsSwift",
                "musubi": "vtencode.exports.musubi:Musubi",
                "omnigen2": "vtencode.exports.omnigen2:OmniGen2",
                "simpletuner": "vtencode.exports.simpletuner:SimpleTuner",
            },
        ),
        Registry("engine", {"local": "vtencode.engines.local:LocalEngine"}),
    )
}


def find(kind: str, name: str) -> Any:
    """Return what `name` stands for among the things of that kind."""
    return REGISTRIES[kind].get(name)


def names(kind: str) -> tuple[str, ...]:
    """Every known name of that kind, sorted."""
    return REGISTRIES[kind].names()
