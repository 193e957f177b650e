"""What the authors of COCO, COCO-Stuff and COCO-WholeBody say of their annotations."""

from __future__ import annotations

from vtencode.sources.base import Publication, RemoteFile

_COCO = "http://images.cocodataset.org"
_STUFF = "http://calvin.inf.ed.ac.uk/wp-content/uploads/data/cocostuffdataset"
_ZIP = b"PK\x03\x04"

#: Addresses as cocodataset.org and nightrome/cocostuff (README) give them; sizes and sha256 as
#: TensorFlow Datasets recorded them (url_checksums/coco.txt).
PUBLICATION = Publication(
    title="COCO: Common Objects in Context, 2017",
    home="https://cocodataset.org",
    license=(
        "annotations CC BY 4.0 (COCO-WholeBody: research and non-commercial use only); images "
        "under the Flickr license that the document gives for each"
    ),
    citation=(
        "T.-Y. Lin et al.: Microsoft COCO: Common Objects in Context. ECCV 2014. A. Kirillov et "
        "al.: Panoptic Segmentation. CVPR 2019. H. Caesar et al.: COCO-Stuff: Thing and Stuff "
        "Classes in Context. CVPR 2018. S. Jin et al.: Whole-Body Human Pose Estimation in the "
        "Wild. ECCV 2020."
    ),
    how_to_get=(
        "open download: images 19 GB (118 287 to train) and 0.8 GB (5 000 to validate), "
        "annotations 0.25 GB, panoptic 0.86 GB, stuff and thing maps 0.66 GB; whole bodies at "
        "github.com/jin-s13/COCO-WholeBody"
    ),
    place=(
        "{train,val}2017/000000000139.jpg, or train2017.zip and val2017.zip\n"
        "annotations/{instances,person_keypoints,panoptic,stuff}_{train,val}2017.json, or "
        "annotations_trainval2017.zip and the like\n"
        "annotations/panoptic_{train,val}2017/000000000139.png, or annotations/panoptic_"
        "{train,val}2017.zip, taken out of panoptic_annotations_trainval2017.zip\n"
        "stuffthingmaps/{train,val}2017/000000000139.png, or stuffthingmaps_trainval2017.zip\n"
        "annotations/coco_wholebody_{train,val}_v1.0.json"
    ),
    traps=(
        "the ids of the 80 classes have gaps up to 90: here classes have names",
        "crowds (iscrowd) are groups that nobody told apart: no object of their class is asked for",
        "`area` is not the number of pixels: pixels are counted here",
        "some outlines have no pixel (cocodataset/cocoapi#355): their class is not called absent",
        "some JPEGs are gray or CMYK: turned into RGB here, in the pixels as stored",
        "0 of the panoptic colors is void, and panoptic segments may be crowds too",
        "maps of stuff and things have the number less 1, and 255 is void",
        "11 of the 182 classes of these maps were never annotated: they are none here",
        "crowds and small people have no joints marked: joints are not asked for in their images",
        "the third number of joints of face, hands and feet is no visibility: more than 0 is there",
        "the 2014 release splits the same images otherwise: ids name an image the same in both",
    ),
    files=(
        RemoteFile(
            f"{_COCO}/zips/train2017.zip",
            "train2017.zip",
            _ZIP,
            19336861798,
            "69a8bb58ea5f8f99d24875f21416de2e9ded3178e903f1f7603e283b9e06d929",
        ),
        RemoteFile(
            f"{_COCO}/zips/val2017.zip",
            "val2017.zip",
            _ZIP,
            815585330,
            "4f7e2ccb2866ec5041993c9cf2a952bbed69647b115d0f74da7ce8f4bef82f05",
        ),
        RemoteFile(
            f"{_COCO}/annotations/annotations_trainval2017.zip",
            "annotations_trainval2017.zip",
            _ZIP,
            252907541,
            "113a836d90195ee1f884e704da6304dfaaecff1f023f49b6ca93c4aaae470268",
        ),
        RemoteFile(
            f"{_COCO}/annotations/panoptic_annotations_trainval2017.zip",
            "panoptic_annotations_trainval2017.zip",
            _ZIP,
            860725834,
            "c05f76d2129b6b561eb70efe16e7006df62f73fb92889132d373b9d90e31a370",
        ),
        RemoteFile(
            f"{_STUFF}/stuffthingmaps_trainval2017.zip", "stuffthingmaps_trainval2017.zip", _ZIP
        ),
    ),
)
