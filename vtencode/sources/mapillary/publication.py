"""What the authors of Mapillary Vistas say of it, and what others have read wrongly."""

from vtencode.sources.base import Publication

PUBLICATION = Publication(
    title="Mapillary Vistas",
    home="https://www.mapillary.com/dataset/vistas",
    license="CC BY-NC-SA 4.0",
    citation=(
        "G. Neuhold, T. Ollmann, S. Rota Bulò, P. Kontschieder: The Mapillary Vistas Dataset for "
        "Semantic Understanding of Street Scenes. ICCV 2017."
    ),
    how_to_get=(
        "free after registration, one zip of 18 000 images to train and 2000 to validate; the 5000 "
        "to test have no annotations"
    ),
    place=(
        "the zip, as it is or extracted:\n"
        "config_v2.0.json, training/images/M2kh294N9c72sICO990Uew.jpg, "
        "training/v2.0/{labels,instances}/M2kh294N9c72sICO990Uew.png, validation/…\n"
        "or, as v1.0 to v1.2 were first published, config.json, "
        "training/{images,labels,instances}/…"
    ),
    traps=(
        "v1.2 has 66 labels and v2.0 has 124, under other numbers, in one archive: say which",
        "the last label, not the first, is unlabeled (65 or 123): void here, by its name",
        "v2.0's numbers are those of its configuration, not of its names in order of the alphabet",
        "labels are palette PNGs, whose colors are not unique: read as numbers",
        "instances have 16 bits: 256 times the label (not 255, as in mapillary/seamseg), plus n",
        "objects are numbered from 0: 0 is an object too",
        "Person Group, Vehicle Group and Pole Group are crowds, and labels of their own",
        "what is ambiguous is void, as it is not evaluated",
    ),
)
