"""The top of the command line: names, one-line helps, and how errors leave the program.

Nothing heavy is imported here, so that `wirewatch --help` and tab completion answer at once.
"""

from __future__ import annotations

import errno
import importlib
import io
import sys
from typing import NoReturn

import click

# name → (module:attribute, one-line help). The help stands here too, so that the list of commands
# needs no import of theirs; a test holds it to what each command says itself.
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("demo:demo", "See the whole job done, with no network and no settings."),
    "init": ("init:init", "Write a commented wirewatch.toml and a first feed list."),
    "run": ("run:run", "Watch the feeds: the daemon."),
    "worker": (
        "worker:worker",
        "Be one of several daemons on one PostgreSQL database.",
    ),
    "poll": ("poll:poll", "Poll the due feeds once, then deliver."),
    "reload": ("reload:reload", "Have the daemon read its settings and lists again."),
    "publish": ("publish:publish", "Keep a file for the desk up to date, from PostgreSQL."),
    "serve": ("serve:serve", "Open the desk: read, judge and browse what was found."),
    "tag": ("tag:tag", "Find watched names in text or JSON lines."),
    "stories": ("stories:stories", "Group copies in JSON lines; merge and split stories."),
    "search": ("search:search", "Find stored items by their words."),
    "feeds": ("feeds:feeds", "List, add, remove, import and export feeds."),
    "watchlist": ("watchlist:watchlist", "List, check and compare what is watched."),
    "retag": ("retag:retag", "Tag the stored items under today's watchlists."),
    "alerts": ("alerts:alerts", "See alerts, and test a channel."),
    "report": ("report:report", "Write the week as one page, or mail it."),
    "export": ("export:export", "Write an evidence pack: what is stored, in the bytes it came in."),
    "verify": ("verify:verify", "Check an evidence pack or a backup, byte for byte."),
    "backup": ("backup:backup", "Copy everything, while the daemon runs."),
    "migrate": ("migrate:migrate", "Copy the database onto a server, or into a file."),
    "stats": ("stats:stats", "The state of feeds, items and alerts."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """In the order in which a newcomer needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name, or None."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name][0].split(":")
        command = getattr(importlib.import_module(f"monitor.cli.{module}"), attribute)
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; click would end with status 1 when nobody reads on."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            _close_quietly()

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The list of commands, from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="wirewatch", message="wirewatch %(version)s")
def program() -> None:
    """Watch public news feeds for named civilian facilities and policies.

    \b
    wirewatch demo                 see the whole job, no network needed
    wirewatch init                 write wirewatch.toml and feeds.toml
    wirewatch poll                 poll once and see what was found
    wirewatch run                  keep watching
    wirewatch serve                read and judge it

    Tab completion: eval "$(_WIREWATCH_COMPLETE=bash_source wirewatch)"; zsh_source, fish_source.
    """  # noqa: D301 - click's \b keeps the lines as they are


def main() -> None:
    """Run the program and leave with its exit status: 0 done, 1 something failed, 2 wrong call."""
    _never_fail_to_print()
    try:
        status = program(standalone_mode=False)  # a command's ctx.exit(1) comes back as 1
        sys.stdout.flush()
    except click.Abort:
        click.echo("Stopped.", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except BrokenPipeError:
        _close_quietly()
    except Exception as error:  # noqa: BLE001 - raised again unless it is one of ours
        _explain(error)
    else:
        sys.exit(status if isinstance(status, int) else 0)


def _never_fail_to_print() -> None:
    """Escape what the terminal's encoding cannot show, rather than fail on it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


# What a machine runs out of, or fails with: no fault of the program's, nor of the call.
_MACHINE = frozenset(
    {errno.EMFILE, errno.ENFILE, errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.ENOMEM}
)


def _explain(error: Exception) -> None:
    """One plain line for what the user can mend; a traceback only for a fault of ours."""
    from alerts.errors import AlertsError
    from feeds.errors import FeedsError
    from monitor.errors import MonitorError
    from monitor.logs import escaped

    if isinstance(error, OSError) and error.errno in _MACHINE:
        about = f": {error.filename}" if error.filename else ""
        click.echo(escaped(f"This machine cannot go on: {error.strerror}{about}"), err=True)
        sys.exit(1)
    if not isinstance(error, MonitorError | FeedsError | AlertsError):
        raise error
    for line in str(error).split("\n"):
        click.echo(escaped(line), err=True)
    sys.exit(2)


def _close_quietly() -> NoReturn:
    """The reader of our output went away (`| head`): that is no fault."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(0)
