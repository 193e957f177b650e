"""What the authors of RefCOCO and its kin say of their datasets."""

from __future__ import annotations

from vtencode.sources.base import Publication, RemoteFile

_ZIP = b"PK\x03\x04"
#: The addresses of REFER's README (lichengunc/refer) are gone; these copies of them are those that
#: the README of dvlab-research/LISA gives. COCO's own is as TensorFlow Datasets recorded it
#: (url_checksums/coco.txt).
_COPIES = "https://web.archive.org/web"
_GONE = "https://bvisionweb1.cs.unc.edu/licheng/referit/data"

PUBLICATION = Publication(
    title="RefCOCO, RefCOCO+, RefCOCOg and gRefCOCO",
    home="https://github.com/lichengunc/refer",
    license=(
        "for research, as their papers tell (REFER's tools are Apache-2.0); images are of COCO, "
        "under the Flickr license of each"
    ),
    citation=(
        "S. Kazemzadeh et al.: ReferItGame. EMNLP 2014. L. Yu et al.: Modeling Context in "
        "Referring Expressions. ECCV 2016. J. Mao et al.: Generation and Comprehension of "
        "Unambiguous Object Descriptions. CVPR 2016. V. Nagaraja et al.: Modeling Context Between "
        "Objects for Referring Expression Understanding. ECCV 2016. C. Liu et al.: GRES: "
        "Generalized Referring Expression Segmentation. CVPR 2023."
    ),
    how_to_get=(
        "open download: annotations as kept by the Internet Archive, images are COCO's of 2014 "
        "(13 GB); gRefCOCO at github.com/henghuiding/gRefCOCO (Google Drive)"
    ),
    place=(
        "refcoco/{instances.json, refs(unc).p, refs(google).p}, or refcoco.zip\n"
        "refcoco+/{instances.json, refs(unc).p}, or refcoco+.zip\n"
        "refcocog/{instances.json, refs(umd).p, refs(google).p}, or refcocog.zip\n"
        "grefcoco/{instances.json, grefs(unc).json}\n"
        "train2014/COCO_train2014_000000581857.jpg, or train2014.zip; or train2017/000000581857.jpg"
    ),
    traps=(
        "a ref's file_name is no image's (…581857_16.jpg): images are found by image_id here",
        (
            "refs(…).p are pickles, which may run anything: a machine reads them here that builds "
            "plain values and can do nothing else; refs(…).json goes before where it is there"
        ),
        (
            "unc, google and umd split otherwise, and google's puts other objects of one image in "
            "train and in val: `by` says whose split is read"
        ),
        (
            "images of val and test are in COCO's train2014 and train2017, and in the training "
            "splits of the others of these datasets: ids are COCO's here, so that `vtencode audit` "
            "and leak_guard find them"
        ),
        "phrases of no object (gRefCOCO: ann_id [-1]) have an empty mask here, and are asked",
        "some refs of gRefCOCO have no sentence (henghuiding/gRefCOCO#8): left out here, as told",
        "a mirrored image belies “left” and “right”: pairs with such phrases are never mirrored",
        (
            "14 % of RefCOCO's, 24 % of RefCOCO+'s and 5 % of RefCOCOg's val and test phrases are "
            "wrong as Ref-L4 reviewed them (JierunChen/Ref-L4): they are as published here"
        ),
    ),
    files=(
        RemoteFile(f"{_COPIES}/20220413011718/{_GONE}/refcoco.zip", "refcoco.zip", _ZIP),
        RemoteFile(f"{_COPIES}/20220413011656/{_GONE}/refcoco+.zip", "refcoco+.zip", _ZIP),
        RemoteFile(f"{_COPIES}/20220413012904/{_GONE}/refcocog.zip", "refcocog.zip", _ZIP),
        RemoteFile(
            "http://images.cocodataset.org/zips/train2014.zip",
            "train2014.zip",
            _ZIP,
            13510573713,
            "ede4087e640bddba550e090eae701092534b554b42b05ac33f0300b984b31775",
        ),
    ),
)
