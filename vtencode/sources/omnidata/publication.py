"""What the authors say of Omnidata and Taskonomy, and how others have read them wrongly."""

from __future__ import annotations

from vtencode.sources.base import Publication

PUBLICATION = Publication(
    title="Omnidata starter dataset, with Taskonomy",
    home="https://docs.omnidata.vision",
    license="Omnidata and Taskonomy end user license agreements: non-commercial research",
    citation=(
        "A. Eftekhar, A. Sax, J. Malik, A. Zamir: Omnidata: A Scalable Pipeline for Making "
        "Multi-Task Mid-Level Vision Datasets From 3D Scans. ICCV 2021. A. R. Zamir et al.: "
        "Taskonomy: Disentangling Task Transfer Learning. CVPR 2018."
    ),
    how_to_get=(
        "open download once their terms are accepted, 14 million views: omnitools.download rgb "
        "depth_zbuffer normal mask_valid point_info --components taskonomy --subset tiny"
    ),
    place=(
        "{rgb,depth_zbuffer,normal,mask_valid}/taskonomy/hanson/point_0_view_0_domain_*.png, "
        "point_info/taskonomy/hanson/point_0_view_0_domain_*.json\n"
        "or COMPONENT/rgb/BUILDING/…, or BUILDING/rgb/… of Taskonomy\n"
        "train_val_test_*.csv of the authors beside them: without any, all is train"
    ),
    traps=(
        "depth_euclidean is along the line of sight: turned into z here",
        "65535 is a hole of the mesh, not far: unknown here, in depth and normals",
        "normals are in OpenCV's axes, so that what faces the camera has little blue",
        "depth_zbuffer2.png and its like are 8-bit pictures: not read",
        "depth of Hypersim and BlendedMVG is not metric z depth: refused",
        "the lists of buildings are apart; a building that none of them has is in no split",
        "some PNGs are damaged (StanfordVL/taskonomy issue 72): rejects",
    ),
)
