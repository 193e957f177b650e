"""What the authors say of Hypersim, and where it is."""

from __future__ import annotations

from vtencode.sources.base import Publication
from vtencode.sources.hypersim.scenes import archives
from vtencode.sources.hypersim.tables import CAMERAS, SPLITS

PUBLICATION = Publication(
    title="The Hypersim Dataset",
    home="https://github.com/apple/ml-hypersim",
    license="Creative Commons Attribution-ShareAlike 3.0 Unported License",
    citation=(
        "M. Roberts et al.: Hypersim: A Photorealistic Synthetic Dataset for Holistic Indoor "
        "Scene Understanding. ICCV 2021. arXiv:2011.02523."
    ),
    how_to_get="open download: 1.9 TB (74 619 images) in 457 archives, one a scene, and two tables",
    place=(
        "ai_001_001.zip, …, or what they extract to: "
        "ai_001_001/images/scene_cam_00_{final_hdf5,final_preview,geometry_hdf5}/frame.0000.*; "
        "metadata_images_split_scene_v1.csv; metadata_camera_parameters.csv. "
        "Or Marigold's: {train,val,test}/ai_001_001/{rgb,depth_plane}_cam_00_fr0000.png, "
        "normal_cam_cam_00_fr0000.npy, with its filename_meta_*.csv or the split table, and "
        "metadata_camera_parameters.csv"
    ),
    traps=(
        "depth_meters is the distance to the camera: turned into depth along the axis here",
        "most scenes are tilt-shift, not the pinhole of 886.81 px: each has its own rays here",
        "some normals face away from the camera: turned here, by the scene's rays",
        "some normals are 0 or not of unit length: unknown or made so here",
        "color is linear: shown by the authors' tone map here; their JPEGs are image: preview",
        "images with people or logos are no part of the release: left out here, by the table",
        "the processed form took one pinhole for all scenes: undone here",
        "past 65.535 m (1 % of all pixels) the processed form wraps, untold: prefer the HDF5",
    ),
    files=(SPLITS, CAMERAS, *archives()),
)
