"""A dataset repository of the Hugging Face Hub, through the Hub's own client."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vtencode.errors import PushRefusedError
from vtencode.publishing.changes import HeldFile
from vtencode.publishing.client import library
from vtencode.publishing.files import CARD, LocalFile

KIND = "dataset"
#: Where a repository's own branch is.
MAIN = "main"


@dataclass(frozen=True)
class Branch:
    """A branch as it is: its newest commit and what that holds.

    `commit` is None where there is no repository. Where only the branch lacks, `there` is False,
    and the rest is of the branch that it will be cut from.
    """

    commit: str | None = None
    there: bool = False
    private: bool = False
    files: Mapping[str, HeldFile] = field(default_factory=dict)


class Repository:
    """One branch of a dataset repository. Raises what the Hub's client raises."""

    def __init__(self, name: str, branch: str) -> None:
        hub = library()
        self.name = _checked(name)
        self.branch = branch
        token = hub.get_token()
        self._api = hub.HfApi(token=token, library_name="vtencode")
        if token is None:
            raise PushRefusedError(
                f"a token of {self.endpoint} must be known here, and is not: set HF_TOKEN, or run "
                f"`hf auth login`; {self.endpoint}/settings/tokens makes one."
            )

    @property
    def endpoint(self) -> str:
        """The Hub's address."""
        return str(self._api.endpoint)

    @property
    def url(self) -> str:
        """Where people find the dataset."""
        page = f"{self.endpoint}/datasets/{self.name}"
        return page if self.branch == MAIN else f"{page}/tree/{self.branch}"

    def look(self) -> Branch:
        """The branch as it is now."""
        utils = library().utils
        try:
            newest = self._api.dataset_info(self.name)
        except utils.RepositoryNotFoundError:
            return Branch()
        there = True
        if self.branch != MAIN:
            try:
                newest = self._api.dataset_info(self.name, revision=self.branch)
            except utils.RevisionNotFoundError:
                there = False
        return Branch(newest.sha, there, bool(newest.private), self.files(newest.sha))

    def files(self, commit: str) -> dict[str, HeldFile]:
        """Every file of a commit, by its path."""
        tree = self._api.list_repo_tree(self.name, recursive=True, revision=commit, repo_type=KIND)
        return {
            entry.path: HeldFile(entry.size, entry.blob_id, entry.lfs and entry.lfs.sha256)
            for entry in tree
            if isinstance(entry, library().hf_api.RepoFile)
        }

    def read(self, path: str, commit: str) -> bytes:
        """The bytes of a small file."""
        with tempfile.TemporaryDirectory() as cache:
            found = self._api.hf_hub_download(
                self.name, path, repo_type=KIND, revision=commit, cache_dir=cache
            )
            return Path(found).read_bytes()

    def begin(self, seen: Branch, *, private: bool) -> str:
        """Make what lacks of repository and branch; the commit to go on from."""
        commit = seen.commit
        if commit is None:
            options = {"private": True} if private else {}  # else as the owner's settings say
            self._api.create_repo(self.name, repo_type=KIND, **options)
            commit = str(self._api.dataset_info(self.name).sha)
        if self.branch != MAIN and not seen.there:
            self._api.create_branch(self.name, branch=self.branch, revision=commit, repo_type=KIND)
        return commit

    def check_card(self, text: str) -> None:
        """Ask the Hub whether it takes a card; raises `PushRefusedError` where it does not.

        The client asks too, but only when all else is sent.
        """
        utils = library().utils
        answer = utils.get_session().post(
            f"{self.endpoint}/api/validate-yaml", json={"content": text, "repoType": KIND}
        )
        try:
            utils.hf_raise_for_status(answer)
        except utils.HfHubHTTPError as error:
            if answer.status_code != 400:
                raise
            said = error.server_message or error
            raise PushRefusedError(f"{CARD} must be one that the Hub takes: {said}.") from error

    def additions(self, files: Sequence[LocalFile]) -> list[Any]:
        """What puts files into a commit."""
        return [library().CommitOperationAdd(file.name, str(file.path)) for file in files]

    def removals(self, paths: Sequence[str]) -> list[Any]:
        """What takes files out with a commit."""
        return [library().CommitOperationDelete(path, is_folder=False) for path in paths]

    def send(self, additions: Sequence[Any]) -> list[str]:
        """Bring large files to the Hub, where nothing shows them yet; the sha256 of what was read.

        What the Hub has is not sent again. No .gitignore there leaves out a file.
        """
        self._api.preupload_lfs_files(
            self.name,
            additions=additions,
            repo_type=KIND,
            revision=self.branch,
            gitignore_content="",
        )
        return [addition.upload_info.sha256.hex() for addition in additions]

    def commit(self, operations: Sequence[Any], *, message: str, parent: str) -> str:
        """Make a commit, the next after `parent` and after no other; return what it is called."""
        made = self._api.create_commit(
            self.name,
            operations,
            commit_message=message,
            repo_type=KIND,
            revision=self.branch,
            parent_commit=parent,
        )
        return str(made.oid)


def _checked(name: str) -> str:
    utils = library().utils
    try:
        utils.validate_repo_id(name)
    except utils.HFValidationError as error:
        raise PushRefusedError(f"REPO must be OWNER/NAME, got {name!r}: {error}") from error
    if "/" not in name:
        raise PushRefusedError(f"REPO must be OWNER/NAME, got {name!r}.")
    return name
