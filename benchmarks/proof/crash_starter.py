"""Starts the program over and over, each time by a fork of a process that has its modules loaded.

    python -m benchmarks.proof.crash_starter [BUILD]

One JSON object on a line in, `{"argv": ["run"], "log": "FILE"}`, one out, `{"pid": 123}`. With `"traced": true` it waits for
a tracer first. What runs
is the program itself in a process group of its own; only the second of importing is left out, which
was most of a kill. BUILD is one of tests.support.careless. Nothing is imported up here: the parsers
that the program spawns import this module again.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time

# What a poll or the daemon has imported once it works.
_LOADED = (
    "monitor.cli.poll",
    "monitor.cli.run",
    "monitor.compose",
    "monitor.daemon",
    "monitor.logs",
)


def main() -> None:
    """Load, say so, and start what is asked for until standard input ends."""
    from importlib import import_module  # noqa: PLC0415

    for module in _LOADED:
        import_module(module)
    if len(sys.argv) > 1:
        from tests.support.careless import spoil  # noqa: PLC0415

        spoil(sys.argv[1])
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # those who end are not waited for
    print(json.dumps({"ready": True}), flush=True)
    while asked := sys.stdin.readline():
        print(json.dumps({"pid": _started(json.loads(asked))}), flush=True)


def _started(asked: dict) -> int:
    pid = os.fork()
    if pid == 0:
        _be_the_program(asked)
    return pid


def _be_the_program(asked: dict) -> None:
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        log = os.open(asked["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for old, new in ((nowhere, 0), (nowhere, 1), (log, 2)):
            os.dup2(old, new)
        while asked.get("traced") and not _traced():
            time.sleep(0.002)
        sys.argv = ["wirewatch", *asked["argv"]]
        from monitor.cli.main import main as program  # noqa: PLC0415

        program()
    except SystemExit as ending:
        os._exit(ending.code if isinstance(ending.code, int) else 1)
    except BaseException:  # noqa: BLE001 - shown, and the process ends
        import traceback  # noqa: PLC0415

        traceback.print_exc()
    os._exit(70)


def _traced() -> bool:
    from pathlib import Path  # noqa: PLC0415

    return "TracerPid:\t0\n" not in Path("/proc/self/status").read_text(encoding="utf-8")


if __name__ == "__main__":
    main()
