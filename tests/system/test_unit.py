"""The systemd unit: as systemd reads it, and as closed as it can be."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNIT = Path(__file__).resolve().parents[2] / "deploy" / "wirewatch.service"
MOST_EXPOSED = 2.0  # of 10; what is left is the network, and memory that C libraries need


def analyzed(*arguments: str) -> subprocess.CompletedProcess[str]:
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze here: it comes with systemd")
    return subprocess.run(
        ["systemd-analyze", *arguments, str(UNIT)], capture_output=True, text=True, check=False
    )


def test_systemd_finds_nothing_wrong() -> None:
    complaints = analyzed("verify").stderr.splitlines()
    assert all("is not executable" in line for line in complaints), complaints


def test_it_is_closed() -> None:
    ran = analyzed("security", "--offline=true", "--no-pager")
    if "unrecognized option" in ran.stderr:
        pytest.skip("this systemd-analyze needs a running systemd")
    level = re.search(r"exposure level for \S+: ([\d.]+)", ran.stdout)
    assert level is not None, ran.stderr
    assert float(level[1]) <= MOST_EXPOSED, ran.stdout
