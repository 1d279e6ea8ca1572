"""Bombs, drips, bodies without end and lies: what they cost the process that fetches them."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from benchmarks.measure import ROOT
from benchmarks.proof.row import Outcome, Scale
from tests.support.bombs import BOMBS, DRIPS, ENDLESS, LIES
from tests.support.servers import HttpServer, Request, Script, redirect, reply

MEMORY = 100.0  # MiB of the whole process
_AT_ONCE = 600.0  # seconds until the child is given up


def _attacks() -> dict[str, tuple[bytes | Script, str]]:
    """Name → answer and the reason that the fetch must end for; a star marks a drip."""
    found: dict[str, tuple[bytes | Script, str]] = {**BOMBS, **LIES}
    found |= {f"endless {name}": attack for name, attack in ENDLESS.items()}
    found |= {f"*drip of a {name}": (script, "timeout") for name, script in DRIPS.items()}
    return found


def _met(how: str, times: int) -> tuple[dict[str, str], dict[str, str], float]:
    """How each attack must end, how it did, and the memory of the process that met them all."""
    attacks = _attacks()
    paths = {f"/{n}": answer for n, (answer, _) in enumerate(attacks.values())}

    def route(request: Request) -> bytes | Script:
        if request.target == "/loop":
            return redirect("/loop")
        return paths.get(request.target, reply(b"<rss/>"))

    with HttpServer(route) as server:
        urls = [f"{name}={server.url(path)}" for name, path in zip(attacks, paths, strict=True)]
        met = [_child(how, urls) for _ in range(times)]
    wanted = {name: reason for name, (_, reason) in attacks.items()}
    wanted["in a redirect"] = ""  # the body on the way is left unread, and a good one comes
    ends = {name: end for one in met for name, end in one["ends"].items() if end != wanted[name]}
    return wanted, {**met[-1]["ends"], **ends}, max(one["peak"] for one in met)


def _child(how: str, urls: list[str]) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.proof.network_fetching", how, *urls],
        cwd=ROOT, capture_output=True, timeout=_AT_ONCE, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


def run(scale: Scale) -> Outcome:
    """Each is refused for what it is, or cut off, and costs little memory."""
    times = scale.of(5, 1)
    wanted, ends, peak = _met("guarded", times)
    wrong = sorted(name for name, reason in wanted.items() if ends[name] != reason)
    figure = (
        f"{times * len(wanted)} attacks: {times * len(wanted) - len(wrong)} refused or cut off as "
        f"they must be, at most {peak:.0f} MiB {'; not: ' + ', '.join(wrong) if wrong else ''}"
    )
    return Outcome(figure=figure, held=not wrong and peak <= MEMORY and len(wanted) >= 25)


def twin(_: Scale) -> Outcome:
    """httpx, streaming with a cap."""
    wanted, ends, peak = _met("plain", 1)
    hurt = sum(end in ("past its cap", "out of memory", "no end") for end in ends.values())
    figure = (
        f"{len(wanted)} attacks: {hurt} went past the cap or did not end, "
        f"{peak:,.0f} MiB, where the process was stopped at 1,536"
    )
    return Outcome(figure=figure, held=not hurt and peak <= MEMORY)
