"""A network of our own: namespaces in which any address is this machine, and a name server that lies.

    side = Inside("network_ssrf.run")   # a side of a row: is run in there, in a process of its own
    have("10.0.0.1/32")                 # in there: this machine has that address
    with NameServer(answers): …         # in there: what every name is

Nothing that is sent in there leaves the machine: the namespace has a loopback interface and no other.
"""

from __future__ import annotations

import argparse
import json
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from ipaddress import ip_address
from pathlib import Path
from typing import Self

from benchmarks.measure import ROOT
from benchmarks.proof.row import Outcome, Scale

_A, _AAAA = 1, 28  # RFC 1035 §3.2.2, RFC 3596 §2.1
_FILES = {
    # A name that is never answered for holds who asks for half a minute.
    "/etc/resolv.conf": "nameserver 127.0.0.1\noptions timeout:10 attempts:3\n",
    "/etc/nsswitch.conf": "hosts: files dns\n",
}

Answers = Callable[[str, bool], "Iterable[str] | None"]
"""The addresses of a name, of IPv4 or (True) IPv6; None: no answer ever."""


@dataclass(frozen=True, slots=True)
class Inside:
    """A side of a row, by MODULE.FUNCTION, that is run in namespaces of its own."""

    side: str

    def __call__(self, scale: Scale) -> Outcome:
        """What it came to in there."""
        command = ["unshare", "--map-root-user", "--net", "--mount", sys.executable]
        command += ["-m", __name__, self.side, str(scale.folder), f"--seed={scale.seed}"]
        done = subprocess.run(
            [*command, *["--short"] * scale.short], cwd=ROOT, stdout=subprocess.PIPE, check=True
        )
        return Outcome(**json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    """Inside: make the network, run the side, print what it came to."""
    asked = argparse.ArgumentParser()
    asked.add_argument("side")
    asked.add_argument("folder", type=Path)
    asked.add_argument("--seed", type=int)
    asked.add_argument("--short", action="store_true")
    options = asked.parse_args()
    _name_service()
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    module, _, function = options.side.partition(".")
    side = getattr(import_module(f"benchmarks.proof.{module}"), function)
    came = side(Scale(short=options.short, seed=options.seed, folder=options.folder))
    print(json.dumps({"figure": came.figure, "held": came.held}), flush=True)


def _name_service() -> None:
    """Have the system's resolver ask 127.0.0.1, in here."""
    folder = Path(tempfile.mkdtemp(prefix="proof-names-"))
    for place, text in _FILES.items():
        mine = folder / Path(place).name
        mine.write_text(text, encoding="ascii")
        subprocess.run(["mount", "--bind", mine, place], check=True)


def have(*networks: str) -> None:
    """Give the machine these addresses, as far as the kernel lets a machine have them."""
    lines = "".join(f"addr add {network} dev lo\n" for network in networks)
    ip = ["ip", "-force", "-batch", "-"]
    subprocess.run(ip, input=lines, text=True, capture_output=True, check=False)


class NameServer:
    """Answers every question for A and AAAA, with a time to live of 0 s."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 53))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                question, peer = self._socket.recvfrom(4_096)
            except OSError:
                return
            if answer := self._answered(question):
                self._socket.sendto(answer, peer)

    def _answered(self, question: bytes) -> bytes | None:
        name, kind, end = _asked(question)
        found = self._answers(name, kind == _AAAA) if kind in (_A, _AAAA) else ()
        if found is None:
            return None
        records = [_record(kind, ip_address(address).packed) for address in found]
        flags = 0x8580 if records else 0x8583 if not name.endswith(".example") else 0x8580
        counts = struct.pack(">HHHHH", flags, 1, len(records), 0, 0)
        return question[:2] + counts + question[12:end] + b"".join(records)


def _asked(question: bytes) -> tuple[str, int, int]:
    """Name and kind of a question, and where it ends (RFC 1035 §4.1.2)."""
    labels, at = [], 12
    while length := question[at]:
        labels.append(question[at + 1 : at + 1 + length].decode("latin-1"))
        at += 1 + length
    (kind,) = struct.unpack(">H", question[at + 1 : at + 3])
    return ".".join(labels).lower(), kind, at + 5


def _record(kind: int, address: bytes) -> bytes:
    return struct.pack(">HHHIH", 0xC00C, kind, 1, 0, len(address)) + address


if __name__ == "__main__":
    main()
