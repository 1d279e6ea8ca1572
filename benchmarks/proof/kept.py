"""What a run has come to so far, a line of JSON a row, so that one that was broken off can go on."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from benchmarks.proof.page import Line
from benchmarks.proof.row import Outcome, Row


class Kept:
    """Rows that are proven, in a file of its own for each form and seed. Without a file: none."""

    def __init__(self, file: Path | None, *, short: bool, seed: int) -> None:
        self._file = file
        self._form = {"short": short, "seed": seed}
        self.used = False  # whether it had something of an earlier run

    def line(self, area: str, row: Row) -> Line | None:
        """What an earlier run of this form came to."""
        asked = {**self._form, "row": f"{area}.{row.name}"}
        for text in self._file.read_text("utf-8").splitlines() if self._exists() else ():
            said = json.loads(text)
            if asked.items() <= said.items():
                self.used = True
                run, twin = Outcome(**said["run"]), Outcome(**said["twin"])
                return Line(
                    area=area, row=row, lacks="", run=run, twin=twin, seconds=said["seconds"]
                )
        return None

    def _exists(self) -> bool:
        return self._file is not None and self._file.exists()

    def keep(self, line: Line) -> None:
        """Write it down, if it is good; what is not is run again."""
        if self._file is None or not line.good:
            return
        said = {**self._form, "row": f"{line.area}.{line.row.name}", "seconds": line.seconds}
        sides = {"run": asdict(line.run), "twin": asdict(line.twin)}  # type: ignore[call-overload]
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps({**said, **sides}, ensure_ascii=False) + "\n")
