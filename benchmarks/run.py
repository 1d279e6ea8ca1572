"""Every benchmark, one after the other: `python -m benchmarks.run`, which is `make bench`.

Arguments are handed on to `benchmarks.rounds`, such as `--feeds FOLDER_OR_TAR --runs 3`; without any
it measures each round once, some ten minutes with the other programs installed.
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
    "rounds",
)


def main() -> None:
    """Run them all; fail if one of them failed."""
    failed = []
    for name in BENCHMARKS:
        print(f"\n## {name}\n", flush=True)
        extra = (sys.argv[1:] or ["--runs", "1"]) if name == "rounds" else []
        command = [sys.executable, "-m", f"benchmarks.{name}", *extra]
        if subprocess.run(command, cwd=ROOT, check=False).returncode:
            failed.append(name)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
