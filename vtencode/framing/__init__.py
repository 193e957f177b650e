"""Image and targets resized, cropped, padded and mirrored together, each by its own rule."""

from vtencode.framing.framing import Framing
from vtencode.framing.mirroring import mirrorable
from vtencode.framing.pictures import frame_picture
from vtencode.framing.rules import frame, unframe
from vtencode.framing.transform import Transform

__all__ = ["Framing", "Transform", "frame", "frame_picture", "mirrorable", "unframe"]
