"""`vtencode push`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from vtencode.cli.place import here
from vtencode.cli.terminal import progress, show_facts, show_json
from vtencode.publishing.files import whole
from vtencode.publishing.push import Pushed
from vtencode.publishing.push import push as run_push
from vtencode.publishing.repository import MAIN, Repository


@click.command()
@click.argument("folder", metavar="DIR", callback=here)
@click.argument("repo", metavar="OWNER/NAME")
@click.option("--private", is_flag=True, help="Make a new repository a private one.")
@click.option(
    "--replace",
    is_flag=True,
    help="Put the dataset in the place of another, and its files in the place of others.",
)
@click.option("--revision", default=MAIN, show_default=True, help="The branch; made if it lacks.")
@click.option("--message", help="What the commit is to say.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def push(
    *,
    folder: Path,
    repo: str,
    private: bool,
    replace: bool,
    revision: str,
    message: str | None,
    as_json: bool,
) -> None:
    """Publish the dataset in DIR on the Hugging Face Hub, as the dataset OWNER/NAME.

    Files are checked against the manifest first. What the Hub has is not sent again, readers see
    all of it at once, and files of others stay. Run the same command again to resume.
    """
    hub = Repository(repo, revision)
    with progress("checked", size=True) as report:
        dataset = whole(folder, report=report)
    with progress("sent", size=True) as report:
        pushed = run_push(
            dataset, hub, private=private, replace=replace, message=message, report=report
        )
    if as_json:
        show_json(pushed.to_json())
    else:
        _show(pushed)


def _show(pushed: Pushed) -> None:
    branch = pushed.revision != MAIN
    revision = f", revision={json.dumps(pushed.revision)}" if branch else ""
    at = f"@{pushed.revision}" if branch else ""
    removed = f", {pushed.removed} removed" if pushed.removed else ""
    show_facts(
        {
            "dataset": f"{pushed.dataset}, {pushed.files} files, {pushed.bytes / 1e6:.1f} MB",
            "new": f"{pushed.sent} files, {pushed.sent_bytes / 1e6:.1f} MB{removed}"
            if pushed.sent or pushed.removed
            else "nothing: the Hub holds all of it",
            "commit": pushed.commit,
            "url": pushed.url,
            "read": f'datasets.load_dataset("{pushed.repo}"{revision})\n'
            f'vtencode.open_dataset("hf://datasets/{pushed.repo}{at}")',
        }
    )
