"""What the authors of Cityscapes say of it, and what others have read wrongly."""

from vtencode.sources.base import Publication

PUBLICATION = Publication(
    title="Cityscapes",
    home="https://www.cityscapes-dataset.com",
    license=(
        "for non-commercial purposes, no redistribution "
        "(https://www.cityscapes-dataset.com/license/)"
    ),
    citation=(
        "M. Cordts et al.: The Cityscapes Dataset for Semantic Urban Scene Understanding. "
        "CVPR 2016."
    ),
    how_to_get=(
        "free after registration, as zips: images 11 GB, fine annotations 241 MB; coarse ones "
        "1.3 GB, with 44 GB of images more; disparity and calibration apart"
    ),
    place=(
        "leftImg8bit_trainvaltest.zip, gtFine_trainvaltest.zip (and gtCoarse.zip, "
        "disparity_trainvaltest.zip, camera_trainvaltest.zip), as they are or extracted:\n"
        "leftImg8bit/train/aachen/aachen_000000_000019_leftImg8bit.png\n"
        "gtFine/train/aachen/aachen_000000_000019_gtFine_{labelIds,instanceIds}.png\n"
        "disparity/train/aachen/aachen_000000_000019_disparity.png\n"
        "camera/train/aachen/aachen_000000_000019_camera.json"
    ),
    traps=(
        "labelIds are no train ids: a mIoU of 0.004 where they are mixed up (PSPNet-tensorflow#25)",
        "instanceIds have 16 bits, which some readers cut to 8",
        "below 1000 instanceIds are labels: of cars and people they are groups, crowds here",
        "disparity is no depth, and is stored plus 1: (p - 1) / 256 pixels; 0 is unknown",
        "the files of test show the border and the own car alone: they are refused",
        "colors are not unique (pole and polegroup, car and license plate): not read",
        "polygons fill other pixels at edges today (cityscapesScripts#29, #136): not read",
        "gtCoarse leaves most edges out, and whole objects: void, and no class is said absent",
        "troisdorf_000000_000073 of train_extra is broken",
    ),
)
