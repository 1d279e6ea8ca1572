"""Draws docs/demo.svg, the README's picture, from what `wirewatch demo` prints.

python docs/picture.py
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

WIDTH = 110  # columns
UNTIL = "Look-alikes"  # the list of traps is long; the picture shows its beginning
AFTER = 9  # lines of it


def demo() -> list[str]:
    """The demo's output, in colour, line by line."""
    command = [sys.executable, "-c", "from monitor.cli import main; main()", "demo"]
    environment = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(WIDTH)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    lines = done.stdout.strip("\n").split("\n")
    end = next(place for place, line in enumerate(lines) if UNTIL in line)
    return ["$ wirewatch demo", "", *lines[: end + AFTER], "…"]


def draw(lines: list[str]) -> str:
    """The lines as SVG, with the fonts of whoever looks at it: nothing is fetched."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), markup=False)
    for line in lines:
        console.print(Text.from_ansi(line))
    svg = console.export_svg(title="wirewatch demo")
    return re.sub(r"@font-face\s*{[^}]*}", "", svg).replace("Fira Code", "monospace")


if __name__ == "__main__":
    (Path(__file__).parent / "demo.svg").write_text(draw(demo()), encoding="utf-8")
