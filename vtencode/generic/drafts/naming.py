"""What the names of files say: which belong together, what they may be, and their pattern."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from vtencode.generic.splits import known_split

#: Words in names, and what files of that name most often are; the first role wins.
_ROLES: Mapping[str, frozenset[str]] = {
    role: frozenset(words.split())
    for role, words in {
        "instances": "instance instances inst instanceids segmentationobject objects",
        "normals": "normal normals norm norms nrm",
        "depth": "depth depths depthmap depthmaps",
        "camera": "camera cameras cam intrinsic intrinsics calib calibration k",
        "keypoints": "keypoints joints",
        "semantic": "semantic semantics seg segm segmentation segmentations label labels labelids "
        "mask masks annotation annotations segmentationclass gtfine class classes",
        "image": "rgb color colour image images img imgs photo photos picture pictures left "
        "leftimg8bit jpegimages input inputs",
    }.items()
}
_WORD = re.compile(r"[A-Za-z]+(?:8bit)?")
#: Endings of pictures: an image may have any of them.
PICTURES = ("jpg", "jpeg", "png")
#: Endings of what is no picture and no map of numbers.
TEXTS = ("txt", "json", "csv", "yaml", "yml", "xml", "md")
#: The endings that a role has, where it does not have all but those of texts.
_ENDINGS = {"image": PICTURES, "camera": ("txt", "json", "npy"), "keypoints": ("json",)}


def role_of(name: str, ending: str = "") -> str:
    """What a file, column or member of that name most often is; "" where no word tells.

    >>> role_of("annotations/depth/0001", "png"), role_of("a/0001", "png")
    ('depth', '')
    """
    words = {word.lower() for word in _WORD.findall(name)}
    roles = (role for role, known in _ROLES.items() if words & known)
    return next((role for role in roles if not ending or _may_end(role, ending)), "")


def _may_end(role: str, ending: str) -> bool:
    return ending in _ENDINGS[role] if role in _ENDINGS else ending not in TEXTS


@dataclass(frozen=True)
class Named:
    """Files whose names are alike: their role by name, and their paths, sorted."""

    role: str
    paths: tuple[str, ...]

    @property
    def ending(self) -> str:
        """The ending of the first of them."""
        return self.paths[0].rpartition(".")[2].lower()

    def patterns(self, image: str = "") -> tuple[str, ...]:
        """Patterns that the paths may have: their own, and that with the folders of `image`'s.

        Where images are in many folders and these are in one, either may be meant.
        """
        own = pattern_of(self.paths)
        folders, name = self.paths[0].split("/")[:-1], own.rpartition("/")[2]
        beside = image.split("/")[:-1]
        if len(folders) != len(beside):
            return (own,)
        mixed = [b if "{" in b else mine for mine, b in zip(folders, beside, strict=True)]
        return tuple(dict.fromkeys(["/".join([*mixed, name]), own]))


def grouped(paths: Iterable[str]) -> list[Named]:
    """Files grouped by the words that tell their role, and where they stand; most files first.

    Files without such a word go by their first folder. Endings part groups, but those of images.
    """
    held: dict[tuple[object, ...], list[str]] = {}
    for path in paths:
        stem, _, ending = path.rpartition(".")
        role = role_of(stem, ending.lower())
        same = "picture" if role == "image" else ending.lower()
        held.setdefault((role, _place(stem, role), same), []).append(path)
    groups = [Named(str(key[0]), tuple(sorted(found))) for key, found in held.items()]
    return sorted(groups, key=lambda group: (-len(group.paths), group.paths[0]))


def _place(stem: str, role: str) -> object:
    """Where the telling words stand: the folders they are in, or the file's name."""
    *folders, name = stem.split("/")
    if not role:
        return folders[0] if folders else ""
    at = [(n, words) for n, folder in enumerate(folders) if (words := _telling(folder))]
    return (*at, _telling(name))


def _telling(text: str) -> str:
    """The words that tell of some role: `depth` and `depth_mask` are two things."""
    words = (word.lower() for word in _WORD.findall(text))
    return " ".join(word for word in words if any(word in known for known in _ROLES.values()))


def pattern_of(paths: Sequence[str]) -> str:
    """The pattern of paths that belong together.

    >>> pattern_of(["rgb/a/img_01.jpg", "rgb/b/img_02.jpg"])
    'rgb/{scene}/img_{id}.jpg'
    """
    folders = [path.split("/")[:-1] for path in paths]
    names = [path.rpartition("/")[2].rpartition(".") for path in paths]
    stems, endings = [name[0] for name in names], {name[2] for name in names}
    before, after = affixes(stems)
    ending = endings.pop() if len(endings) == 1 else "*"
    return "/".join([*_folders(folders), f"{before}{{id}}{after}.{ending}"])


def _folders(folders: Sequence[Sequence[str]]) -> list[str]:
    """The folders of a pattern: those that are the same everywhere, and placeholders."""
    shortest = min(map(len, folders))
    same = [len({each[at] for each in folders}) == 1 for at in range(shortest)]
    if len({*map(len, folders)}) > 1:
        lead = same.index(False) if False in same else shortest
        rest = ["{scene}"] if shortest > lead else []
        return [*folders[0][:lead], *rest]
    made: list[str] = []
    spare = iter(["{scene}", *(f"{{part{number}}}" for number in range(2, shortest + 2))])
    for at in range(shortest):
        values = {each[at] for each in folders}
        if same[at]:
            made.append(folders[0][at])
        elif "{split}" not in made and all(known_split(value) for value in values):
            made.append("{split}")
        elif made[-1:] != ["{scene}"]:
            made.append(next(spare))
    return made


def affixes(stems: Sequence[str]) -> tuple[str, str]:
    """What names have in common before and after their ids, cut at ends of words and numbers.

    >>> affixes(["rgb_0010", "rgb_0011"]), affixes(["0001_depth", "0002_depth"])
    (('rgb_', ''), ('', '_depth'))
    """
    if len({*stems}) == 1:
        return _told(stems[0])
    before = _boundary(_shared(stems), stems)
    rest = [stem[len(before) :][::-1] for stem in stems]
    after = _boundary(_shared(rest), rest)[::-1]
    whole = all(len(stem) > len(before) + len(after) for stem in stems)
    return (before, after) if whole else ("", "")


def _shared(texts: Sequence[str]) -> str:
    """The longest common beginning of texts."""
    first, last = min(texts), max(texts)
    at = (n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b)
    return first[: next(at, min(len(first), len(last)))]


def _boundary(shared: str, texts: Sequence[str]) -> str:
    """A common beginning without the digits, or the part of a word, that it ends in."""
    following = {text[len(shared)] if len(text) > len(shared) else "" for text in texts}
    if any(each.isalpha() for each in following):
        shared = re.sub(r"[A-Za-z]+$", "", shared)
    return re.sub(r"[0-9]+$", "", shared)


def _told(stem: str) -> tuple[str, str]:
    """What the name of a single file has before and after its id: the words that tell its role."""
    word = _telling(stem).partition(" ")[0]
    at = stem.lower().find(word)
    before, after = stem[: at + len(word)], stem[at:]
    if word and at == 0 and len(before) < len(stem):
        return before + ("_" if stem[len(before)] in "_-." else ""), ""
    if word and stem.lower().endswith(word) and at > 0:
        return "", (stem[at - 1] if stem[at - 1] in "_-." else "") + after
    return "", ""
