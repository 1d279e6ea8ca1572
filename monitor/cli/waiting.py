"""What the commands share that go through everything stored: --since, and a bar for long waits."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import click

from monitor.cli.shared import progress

if TYPE_CHECKING:
    from rich.text import Text

PATIENCE = 2.0  # seconds without a word; what takes longer shows how far it is

_UNITS = {"h": 1, "d": 24, "w": 7 * 24}  # hours
_LONGEST = 100 * 366 * 24  # hours; dates have an end

Command = TypeVar("Command", bound=Callable[..., Any])


def read_span(_: click.Context, __: click.Parameter, value: str | None) -> timedelta | None:
    """A callback for options such as `--since 90d`."""
    if value is None:
        return None
    found = re.fullmatch(r"([1-9]\d{0,6})([hdw])", value)
    hours = int(found[1]) * _UNITS[found[2]] if found else 0
    if not 0 < hours <= _LONGEST:
        raise click.BadParameter(f'{value!r} is no span of time: write "90d", "12h" or "6w".')
    return timedelta(hours=hours)


def since_option(default: str | None = None) -> Callable[[Command], Command]:
    """`--since 90d`: only items first seen in that time. The command is given a timedelta."""
    return click.option(
        "--since",
        callback=read_span,
        metavar="SPAN",
        default=default,
        show_default=default is not None,
        help='Only items first seen in this time, e.g. "90d", "12h".'
        + ("" if default else " [default: all]"),
    )


@contextmanager
def waiting(words: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A bar on standard error once it has taken a while; call what is given with each step."""
    bar = progress()
    task = bar.add_task(words, total=total)
    begun = time.monotonic()

    def step(done: int) -> None:
        if not bar.live.is_started and time.monotonic() - begun > PATIENCE:
            bar.start()
        bar.advance(task, done)

    try:
        yield step
    finally:
        if bar.live.is_started:
            bar.stop()


def marked(text: str, marks: Sequence[tuple[int, int]]) -> Text:
    """A text fit for a terminal, with spans of it in bold."""
    from rich.text import Text

    from alerts.text import clean

    shown = Text()
    reached = 0
    for start, end in marks:
        shown.append(clean(text[reached:start]))
        shown.append(clean(text[start:end]), style="bold")
        reached = end
    shown.append(clean(text[reached:]))
    return shown
