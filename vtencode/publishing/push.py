"""`push`: send what the Hub lacks, show all of it at once, and look again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from vtencode.errors import PushRefusedError, VerificationError
from vtencode.manifest import MANIFEST
from vtencode.publishing.changes import Change, Published, change, lacking
from vtencode.publishing.client import without_bars
from vtencode.publishing.faults import RESUME, told
from vtencode.publishing.files import LocalFile, Report, Whole
from vtencode.publishing.repository import Branch, Repository

#: Files of one commit, each of which the Hub looks at before it answers: its page "Storage limits"
#: advises fewer than about 100.
PER_COMMIT = 100
#: Bytes after which what was sent is settled: how often progress is told, and about as much as an
#: interruption may cost.
PORTION = 2**28


@dataclass(frozen=True)
class Pushed:
    """A dataset on the Hub, at a commit.

    `sent` counts files that the branch lacked, `removed` those of a dataset that was replaced.
    """

    dataset: str
    repo: str
    revision: str
    commit: str
    url: str
    files: int
    bytes: int
    sent: int
    sent_bytes: int
    removed: int

    def to_json(self) -> dict[str, Any]:
        """The outcome as JSON."""
        return asdict(self)


def push(
    dataset: Whole,
    hub: Repository,
    *,
    private: bool = False,
    replace: bool = False,
    message: str | None = None,
    report: Report | None = None,
) -> Pushed:
    """Publish a dataset on the Hub.

    What the Hub has is not sent again, so the same call resumes a push that was stopped. Readers
    see all of it at once; where that takes several commits, the manifest comes with the last.
    Files of others stay. At the end every file is compared with what the Hub says it holds.
    `private` makes a new repository a private one; `replace` puts the dataset in the place of
    another. `report` is told bytes.

    Raises `PushRefusedError` where it is for the user to decide, `PushError` where the network
    fails, and `VerificationError` where the Hub holds something else in the end.
    """
    with told(hub.name, hub.endpoint), without_bars():
        seen = hub.look()
        todo = _todo(dataset, hub, seen, private=private, replace=replace)
        commit = seen.commit
        if todo or commit is None or not seen.there:
            hub.check_card(dataset.card)
            commit = hub.begin(seen, private=private)
            additions = _send(hub, todo.send, report)
            commit = _publish(hub, todo, additions, commit, message or _message(dataset))
            _check(hub, commit, dataset, todo)
    return Pushed(
        dataset=dataset.manifest["dataset"],
        repo=hub.name,
        revision=hub.branch,
        commit=commit,
        url=hub.url,
        files=len(dataset.files),
        bytes=sum(file.bytes for file in dataset.files),
        sent=len(todo.send),
        sent_bytes=sum(file.bytes for file in todo.send),
        removed=len(todo.remove),
    )


def _todo(dataset: Whole, hub: Repository, seen: Branch, *, private: bool, replace: bool) -> Change:
    """What must change, if it may."""
    published = None
    if seen.commit is not None:
        if private and not seen.private:
            raise PushRefusedError(
                f"{hub.name} must be private, as --private asks, and is public: change that at "
                f"{hub.endpoint}/datasets/{hub.name}/settings, or leave --private out."
            )
        if MANIFEST in seen.files:
            published = Published.of(hub.read(MANIFEST, seen.commit), repo=hub.name)
    return change(dataset, seen.files, published, repo=hub.name, replace=replace)


def _send(hub: Repository, files: Sequence[LocalFile], report: Report | None) -> list[Any]:
    """Send files that nothing shows yet; what puts them into a commit."""
    done, total = 0, sum(file.bytes for file in files)
    additions: list[Any] = []
    for portion in _portions(files):
        if report is not None:
            report(done, total)
        made = hub.additions(portion)
        for file, read in zip(portion, hub.send(made), strict=True):
            if read != file.sha256:
                raise VerificationError(
                    f"{file.path} must stay as it is while it is sent, and was changed. Run what "
                    "wrote it again."
                )
        additions += made
        done += sum(file.bytes for file in portion)
    if report is not None:
        report(done, total)
    return additions


def _portions(files: Sequence[LocalFile]) -> Iterator[list[LocalFile]]:
    """Files in order, in lists that end with `PER_COMMIT` files or `PORTION` bytes."""
    portion: list[LocalFile] = []
    for file in files:
        portion.append(file)
        if len(portion) == PER_COMMIT or sum(held.bytes for held in portion) >= PORTION:
            yield portion
            portion = []
    if portion:
        yield portion


def _publish(
    hub: Repository, todo: Change, additions: Sequence[Any], commit: str, message: str
) -> str:
    """Commit the change on top of `commit`; return the last commit."""
    commits = list(_commits(hub, todo, additions))
    for number, operations in enumerate(commits, 1):
        of = f" ({number} of {len(commits)})" if len(commits) > 1 else ""
        commit = hub.commit(operations, message=message + of, parent=commit)
    return commit


def _commits(hub: Repository, todo: Change, additions: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """What goes into each commit: no manifest is there while a file that it names is not."""
    removals = hub.removals(todo.remove)
    if len(removals) + len(additions) <= PER_COMMIT:
        if removals or additions:
            yield [*removals, *additions]
        return
    if todo.outdated:
        removals += hub.removals([MANIFEST])
    if removals:
        yield removals
    for start in range(0, len(additions), PER_COMMIT):
        yield additions[start : start + PER_COMMIT]


def _check(hub: Repository, commit: str, dataset: Whole, todo: Change) -> None:
    """Compare a commit, as the Hub tells of it, with what it must hold."""
    held = hub.files(commit)
    wrong = [file.name for file in lacking(dataset.files, held)]
    wrong += [path for path in todo.remove if path in held]
    if wrong:
        raise VerificationError(
            f"{hub.url} must hold what was sent, and {len(wrong)} files differ, first {wrong[0]}. "
            f"{RESUME}"
        )


def _message(dataset: Whole) -> str:
    manifest = dataset.manifest
    return f"Publish {manifest['dataset']}: {manifest['counts']['written']} pairs"
