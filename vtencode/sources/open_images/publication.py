"""What the authors of Open Images say of their masks."""

from __future__ import annotations

from vtencode.sources.base import Publication, RemoteFile

#: The authors' splits, and what they are called here.
SPLITS = {"train": "train", "validation": "val", "test": "test"}
_URL = "https://storage.googleapis.com/openimages"
_DIGITS = "0123456789abcdef"

PUBLICATION = Publication(
    title="Open Images Dataset V5 to V7, segmentation masks",
    home="https://storage.googleapis.com/openimages/web/index.html",
    license="annotations: CC BY 4.0; images: listed as CC BY 2.0, each with its own author",
    citation=(
        "R. Benenson, S. Popov, V. Ferrari: Large-Scale Interactive Object Segmentation with "
        "Human Annotators. CVPR 2019. A. Kuznetsova et al.: The Open Images Dataset V4. "
        "IJCV 128:1956-1981, 2020."
    ),
    how_to_get=(
        "open download: 2.8 million masks; images of the Common Visual Data Foundation "
        "(github.com/cvdfoundation/open-images-dataset)"
    ),
    place=(
        "train/000a1249af2bc5f0.jpg, … (also validation and test; some images are enough)\n"
        "train-masks-0.zip, …, as they are or extracted\n"
        "train-annotations-object-segmentation.csv, class-descriptions-boxable.csv\n"
        "train-annotations-human-imagelabels-boxable.csv (what is known to be absent)\n"
        "oidv6-train-annotations-bbox.csv (what is not all outlined): both may be left out"
    ),
    traps=(
        "masks have a resolution of their own: looked up at the image's pixels here",
        (
            "Rotation in image_ids_and_rotation.csv is of the original: masks are in the pixels "
            "of the download as they are stored, and so are images here"
        ),
        "a class without a mask is not known to be absent: only what people checked is",
        (
            "some objects have a box and no mask, or share one: such classes are left out of the "
            "image here, if the table of boxes is there"
        ),
        "labels are codes of Freebase (/m/0k4j), and their file names lack the slashes",
    ),
    files=(
        RemoteFile(
            f"{_URL}/v5/class-descriptions-boxable.csv", "class-descriptions-boxable.csv", b"/m/"
        ),
        *(
            RemoteFile(f"{_URL}/v5/{name}", name, start)
            for split in SPLITS
            for name, start in (
                (f"{split}-annotations-object-segmentation.csv", b"MaskPath"),
                (f"{split}-annotations-human-imagelabels-boxable.csv", b"ImageID"),
            )
        ),
        RemoteFile(
            f"{_URL}/v6/oidv6-train-annotations-bbox.csv",
            "oidv6-train-annotations-bbox.csv",
            b"ImageID",
        ),
        *(
            RemoteFile(
                f"{_URL}/v5/{split}-annotations-bbox.csv",
                f"{split}-annotations-bbox.csv",
                b"ImageID",
            )
            for split in ("validation", "test")
        ),
        *(
            RemoteFile(
                f"{_URL}/v5/{split}-masks/{split}-masks-{digit}.zip",
                f"{split}-masks-{digit}.zip",
                b"PK\x03\x04",
            )
            for split in SPLITS
            for digit in _DIGITS
        ),
    ),
)
