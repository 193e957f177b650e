"""Datasets of the Hugging Face library, opened for reading rows in any order."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vtencode.errors import MissingExtraError, SourceError
from vtencode.generic.patterns import PathPattern
from vtencode.generic.splits import split_of_path
from vtencode.sources.files import existing, walk

#: What `save_to_disk` leaves: of several splits, and of one.
_SEVERAL, _ONE = "dataset_dict.json", "dataset_info.json"
SAVED = re.compile(
    r"(?s)(?:.*/)?(?:[^/]+\.arrow|dataset_dict\.json|state\.json|dataset_info\.json)"
)
PARQUET = re.compile(r"(?s).+\.parquet")

#: The one split of data that tell of none.
UNTOLD = ""


@dataclass(frozen=True)
class Place:
    """Where a dataset is: below `root`, or on the Hub, as `dataset` at a commit.

    What comes from the Hub is kept below `root`, which is made if it is not there.
    `parquet` is a pattern of the Parquet files below `root`, with the placeholder {split}.
    """

    root: Path
    dataset: str
    config: str
    revision: str
    parquet: str
    split_as: Sequence[str]

    def files(self) -> dict[str, int]:
        """Every file that is read, with its size; on the Hub the commit stands for them."""
        if self.dataset:
            return {f"{self.dataset}@{self.revision}/{self.config}": 0}
        if self._saved:
            return dict(walk(existing(self.root), SAVED))
        return {path: size for paths in self._parquet().values() for path, size in paths.items()}

    def open(self) -> Mapping[str, Any]:
        """The rows of each split, by what the data call it; `UNTOLD` where they do not say.

        `datasets` copies Parquet files to Arrow files in its own cache (HF_DATASETS_CACHE says
        where), and what it fetches below `root`, once, and any row is read from there on its
        own. Nothing is streamed: shards are built in an order of their own.
        """
        datasets = library()
        try:
            found = self._opened(datasets)
        except (OSError, ValueError, TypeError, KeyError, RuntimeError, _error(datasets)) as error:
            if isinstance(error, SourceError):
                raise
            cause = f" ({error.__cause__})" if error.__cause__ else ""
            raise SourceError(
                f"{self.dataset or self.root} must be a dataset that `datasets` "
                f"{datasets.__version__} reads: {error}{cause}"
            ) from error
        if isinstance(found, Mapping):
            return {str(name): table for name, table in found.items()}
        return {str(found.split or UNTOLD): found}

    def _opened(self, datasets: Any) -> Any:
        if self.dataset:
            return datasets.load_dataset(
                self.dataset,
                self.config or None,
                revision=self.revision,
                cache_dir=str(self.root),
            )
        if self._saved:
            return datasets.load_from_disk(str(self.root))
        base = self.root if self.root.is_dir() else self.root.parent
        named = {
            name: [str(base / path) for path in paths] for name, paths in self._parquet().items()
        }
        if UNTOLD not in named:
            return datasets.load_dataset("parquet", data_files=named)
        alone = datasets.load_dataset("parquet", data_files=named[UNTOLD], split="train")
        return {UNTOLD: alone}

    def folders(self) -> tuple[Path, ...]:
        """Where files may be that a row keeps by their paths."""
        if not self.dataset:
            return (self.root if self.root.is_dir() else self.root.parent,)
        return self.root, Path(library().config.HF_CACHE_HOME).expanduser()

    @property
    def _saved(self) -> bool:
        return any((self.root / name).is_file() for name in (_SEVERAL, _ONE))

    def _parquet(self) -> dict[str, dict[str, int]]:
        """The Parquet files of each split: by the pattern, or else by what their paths say."""
        root = existing(self.root)
        alone = root.is_file()
        found = {root.name: root.stat().st_size} if alone else dict(walk(root, PARQUET))
        if not found:
            raise SourceError(
                f"{root} must hold a dataset that `datasets` saved ({_SEVERAL} or {_ONE}), or "
                ".parquet files, and holds neither."
            )
        told = {path: self._split(path) for path in found}
        silent = [path for path, split in told.items() if split is None]
        if self.parquet:
            told = {path: split for path, split in told.items() if split is not None}
            if not told:
                raise SourceError(
                    f"{root} must hold files {self.parquet}, and holds {silent[0]}, of "
                    f"{len(found)} .parquet files."
                )
        elif silent and len(silent) < len(told):
            raise SourceError(
                f"{root}: some .parquet files say their split, and {silent[0]} does not: say "
                "which are read, as parquet: data/{split}-*.parquet."
            )
        splits: dict[str, dict[str, int]] = {}
        for path, split in told.items():
            splits.setdefault(split or UNTOLD, {})[path] = found[path]
        return splits

    def _split(self, path: str) -> str | None:
        if not self.parquet:
            return split_of_path(path, self.split_as)
        values = PathPattern(self.parquet).values(path)
        return None if values is None else values.get("split", UNTOLD)


def library() -> Any:
    """The package `datasets`. Raises `MissingExtraError` where it is not installed."""
    try:
        import datasets
    except ImportError as error:
        raise MissingExtraError("datasets", "hf") from error
    return datasets


def _error(datasets: Any) -> type[Exception]:
    found: type[Exception] = datasets.exceptions.DatasetsError
    return found
