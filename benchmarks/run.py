"""Every benchmark, one after the other: `python -m benchmarks.run`, which is `make bench`.

Arguments are handed on to `benchmarks.speed`, such as `--feeds FOLDER_OR_TAR --runs 5 --write`.
"""

from __future__ import annotations

import subprocess
import sys

from benchmarks.measure import ROOT

BENCHMARKS = (
    "startup",
    "tagging",
    "stories",
    "stories_speed",
    "expectations",
    "politeness",
    "fetching",
    "speed",
)


def main() -> None:
    """Run them all; fail if one of them failed."""
    failed = []
    for name in BENCHMARKS:
        print(f"\n## {name}\n", flush=True)
        extra = sys.argv[1:] if name == "speed" else []
        command = [sys.executable, "-m", f"benchmarks.{name}", *extra]
        if subprocess.run(command, cwd=ROOT, check=False).returncode:
            failed.append(name)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
