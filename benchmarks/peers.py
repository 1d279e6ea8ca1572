"""The programs that ours is measured beside, in an environment of their own.

    python -m benchmarks.peers

makes `.venv-peers` in the repository's folder from the pinned list `peers.txt`, which takes Python
3.12 (reader needs it) and a package index. Without it the benchmarks measure our program alone.
newsboat and sfeed are taken as Debian has them, where they are installed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.measure import ROOT

FOLDER = ROOT / ".venv-peers"
PACKAGES = Path(__file__).with_name("peers.txt")


def peers_python() -> Path | None:
    """The peers' Python, or None where they are not installed."""
    python = FOLDER / "bin" / "python"
    return python if python.exists() else None


def _python312() -> str:
    """A Python 3.12 or newer, wherever it is."""
    pyenv = sorted(Path.home().glob(".pyenv/versions/3.1[2-9]*/bin/python"))
    found = [shutil.which("python3.12"), shutil.which("python3.13"), *map(str, pyenv)]
    if sys.version_info >= (3, 12):
        found.insert(0, sys.executable)
    for candidate in filter(None, found):
        check = "import sys, venv; sys.exit(sys.version_info < (3, 12))"
        if not subprocess.run(
            [candidate, "-c", check], capture_output=True, check=False
        ).returncode:
            return candidate
    raise SystemExit("reader needs Python 3.12 or newer, and none was found")


def main() -> None:
    """Make the environment."""
    subprocess.run([_python312(), "-m", "venv", "--clear", FOLDER], check=True)
    subprocess.run([FOLDER / "bin" / "pip", "install", "-q", "-r", PACKAGES], check=True)
    print(f"{PACKAGES.name} is in {FOLDER}")


if __name__ == "__main__":
    main()
