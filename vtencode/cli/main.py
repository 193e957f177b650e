"""The `vtencode` command: a table of commands, each imported when it is called."""

from __future__ import annotations

import sys
from importlib import import_module

import click

from vtencode import __version__
from vtencode.errors import VtencodeError

#: Command -> (module of `vtencode.cli`, what it does).
COMMANDS = {
    "build": ("build", "Build a dataset from a recipe, or resume a build."),
    "plan": ("build", "Show what a build would make, and write nothing."),
    "verify": ("verify", "Prove a built dataset against its source."),
    "export": ("export", "Write a built dataset as trainers read it, or in another format."),
    "push": ("push", "Publish a built dataset on the Hugging Face Hub."),
    "show": ("show", "Look at pairs of a built dataset: a list, a contact sheet, a point cloud."),
    "card": ("card", "Write the card of a built dataset: README.md and croissant.json."),
    "audit": ("audit", "Find evaluation images among the inputs of a built dataset."),
    "init": ("init", "Look at data of your own, and write a recipe for them."),
    "doctor": ("doctor", "Say what is at a path, what is missing, and how to build it."),
    "demo": ("demo", "Write a miniature of a dataset in its official format."),
    "download": ("download", "Fetch a dataset from its official address."),
    "encode": ("encode", "Paint a target as an RGB image."),
    "decode": ("decode", "Read an RGB image back, a generated one too."),
    "convert": ("convert", "Turn one encoding into another, foreign ones too."),
    "check-codec": ("check_codec", "Prove a codec, one of your own too: every law, and noise."),
    "codecs": ("codecs", "List codecs, or print the contract of one."),
    "tasks": ("tasks", "List what may be asked of an image, or tell about one task."),
    "recipes": ("recipes", "List recipes and mixes of them, or tell about one."),
}


class _Commands(click.Group):
    """Lists commands without importing them, so that help is instant."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"vtencode.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="vtencode")
def cli() -> None:
    """Turn public vision datasets into training data for image generators that see.

    Exit codes: 0 whole, 3 whole with rejects, 1 failed but resumable, 2 usage or recipe,
    4 locked, 5 verification mismatch or leak.
    """


def main() -> None:
    """Run the command line; errors become one message and an exit code."""
    try:
        sys.exit(cli.main(standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except VtencodeError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo("stopped: what is finished is kept; the same command resumes.", err=True)
        sys.exit(1)
    except OSError as error:
        click.echo(f"error: {_told(error)}", err=True)
        sys.exit(1)


def _told(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    reason = error.strerror or str(error)
    return f"{where}{reason}. What is finished is kept; mend it and run the same command."
