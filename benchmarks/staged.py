"""Runs `wirewatch` with its stages timed: `python -m benchmarks.staged FIGURES.json poll --all …`.

Written to the file when it ends: the CPU seconds of each stage (those of a stage within another count
for the inner one), of the whole process, and the longest that one callback held up the event loop,
while polling, with its name. What is timed here stands in `STAGES`; what is no longer there is said
and counts for the stage around it.
"""

from __future__ import annotations

import asyncio.events
import functools
import json
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any

# stage → where its functions are found
STAGES = {
    "known": (
        "monitor.learning:Learner._known",
        "monitor.store.store:Store.known",
        "monitor.store.store:Store.past",
    ),
    "judge": ("monitor.learning:judge",),
    "tag": ("monitor.tagging.engine:Tagger.tag",),
    "evidence": (
        "monitor.evidence.archive:Archive.keep",
        "monitor.evidence.archive:Archive.sync",
    ),
    "record": ("monitor.store.store:Store.record",),
    "words": ("monitor.store.newcomers:indexed",),  # what the search index is given; not storing it
    "window": ("monitor.store.grouping:Recent.remember",),  # in memory: by what stories are found
    "commit": ("monitor.learning:Learner._some",),
}
STORING = ("record", "commit")
_LOOK = 0.02  # seconds
_OURS = ("feeds", "monitor", "alerts")


class Watch:
    """CPU seconds by stage, and the worst callback."""

    def __init__(self) -> None:
        self.stages: dict[str, float] = defaultdict(float)
        self.block, self.blocker = 0.0, ""
        self.started = 0.0  # CPU seconds of the process until it polled
        self._polls = False  # a round is under way
        self._main = 0.0
        self._local = threading.local()
        self._since = 0.0  # when the callback began that runs; 0 between two
        self._seen = ""  # where it was after _LOOK

    def timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, its own time counted for the stage."""

        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            inner = getattr(self._local, "inner", 0.0)
            self._local.inner = 0.0
            began = time.thread_time()
            try:
                return function(*args, **kwargs)
            finally:
                took = time.thread_time() - began
                self.stages[stage] += took - self._local.inner
                self._local.inner = inner + took

        return run

    def polling(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The coroutine function of a round: what was before it is the start."""

        @functools.wraps(function)
        async def run(*args: Any, **kwargs: Any) -> Any:
            self._polls = True
            self.started, self._main = time.process_time(), time.thread_time()
            self._local.inner = 0.0
            try:
                return await function(*args, **kwargs)
            finally:
                self._polls = False
                on_loop = time.thread_time() - self._main - self._local.inner
                self.stages["fetch, and the event loop"] += on_loop

        return run

    def callback(self, run: Callable[[Any], None]) -> Callable[[Any], None]:
        """asyncio's way to run a callback, its length noted."""

        def noted(handle: Any) -> None:
            self._seen, self._since = "", time.perf_counter()
            on_cpu = time.thread_time()
            run(handle)
            took, self._since = time.perf_counter() - self._since, 0.0
            if took > self.block and self._polls:
                computing = 1_000 * (time.thread_time() - on_cpu)
                at = f" at {self._seen}" if self._seen else ""
                self.block, self.blocker = took, f"{_named(handle)}{at}, {computing:.0f} ms on CPU"

        return noted

    def look(self, thread: int) -> None:
        """For a thread of its own: see where a callback is that takes long."""
        while True:
            time.sleep(_LOOK)
            if self._since and not self._seen and time.perf_counter() - self._since > _LOOK:
                self._seen = _place(sys._current_frames().get(thread))  # noqa: SLF001 - the only way

    def figures(self) -> dict[str, Any]:
        whole = time.process_time()
        stages = {"start": self.started, **self.stages}
        stages["the rest (names, other threads, the end)"] = whole - sum(stages.values())
        return {
            "process": whole,
            "stages": stages,
            "block": self.block,
            "blocker": self.blocker,
        }


def _place(frame: FrameType | None) -> str:
    """Where a thread is: the innermost function, and the innermost of ours around it."""
    inner, around = frame, frame
    while around and around.f_globals.get("__name__", "").partition(".")[0] not in _OURS:
        around = around.f_back
    names = [f"{f.f_code.co_qualname}:{f.f_lineno}" for f in (around, inner) if f]
    return " → ".join(dict.fromkeys(names))


def _named(handle: Any) -> str:
    callback = handle._callback  # noqa: SLF001 - asyncio gives it no other way
    if callback is None:
        return "(cancelled)"
    owner = getattr(callback, "__self__", None)
    if isinstance(owner, asyncio.Task):
        coroutine = owner.get_coro()
        return str(getattr(coroutine, "__qualname__", coroutine))
    return str(getattr(callback, "__qualname__", callback))


def put_in(place: str, wrap: Callable[[Callable[..., Any]], Callable[..., Any]]) -> bool:
    """Replace a function, given as "module:Class.name", by what `wrap` makes of it."""
    module, _, path = place.partition(":")
    *outer, name = path.split(".")
    try:
        owner = functools.reduce(getattr, outer, import_module(module))
        setattr(owner, name, wrap(getattr(owner, name)))
    except (ImportError, AttributeError):
        print(f"not timed: {place} is not there", file=sys.stderr)
        return False
    return True


def main() -> None:
    """Time the program that the other arguments call."""
    out = Path(sys.argv.pop(1))
    watch = Watch()
    for stage, places in STAGES.items():
        for place in places:
            put_in(place, functools.partial(watch.timed, stage))
    put_in("monitor.poller:Poller.round", watch.polling)
    put_in("asyncio.events:Handle._run", watch.callback)
    looking = threading.Thread(target=watch.look, args=(threading.get_ident(),), daemon=True)
    looking.start()
    from monitor.start import main as program  # noqa: PLC0415 - after its parts were replaced

    try:
        program()
    finally:
        out.write_text(json.dumps(watch.figures()), encoding="utf-8")


if __name__ == "__main__":
    main()
