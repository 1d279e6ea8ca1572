"""What is shipped: the bill of materials names the locked versions, and nothing fetches on import."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
BUILD_ONLY = {"editables", "hatchling", "pathspec", "pluggy", "trove-classifiers"}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked() -> Mapping[str, str]:
    found = re.findall(r"^(\S+)==(\S+)", LOCK, re.MULTILINE)
    return {normal(name): version for name, version in found}


def test_the_bill_of_materials_names_what_is_locked() -> None:
    bill = json.loads((ROOT / "sbom.cdx.json").read_text(encoding="utf-8"))
    parts = {normal(part["name"]): part["version"] for part in bill["components"]}
    assert parts.items() <= locked().items()
    left_out = set(locked()) - set(parts)
    elsewhere = re.findall(r"^(\S+)==\S+ ;", LOCK, re.MULTILINE)  # on another system or Python
    assert left_out - set(elsewhere) <= BUILD_ONLY
    assert bill["metadata"]["component"]["name"] == "wirewatch"
    (ours,) = (one for one in bill["dependencies"] if one["ref"] == "root-component")
    assert {"feedparser", "httpx", "APScheduler", "sqlite-utils"} <= {
        needed.split("==")[0] for needed in ours["dependsOn"]
    }


WATCHED = """
import sys
asked = []
def hook(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "urllib.Request"):
        asked.append((event, arguments))
sys.addaudithook(hook)
"""
OURS = "import monitor.compose, monitor.cli, feeds.article, monitor.review.server"


def fetched(code: str) -> str:
    """What a process asked the network for while it ran this."""
    told = f"{WATCHED}{code}\nprint(asked)"
    done = subprocess.run(
        [sys.executable, "-c", told], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return done.stdout.strip()


def test_nothing_is_fetched_on_import() -> None:
    assert fetched(OURS) == "[]"


def test_what_is_fetched_would_be_seen() -> None:
    code = "import socket\ntry:\n    socket.getaddrinfo('localhost', 80)\nexcept OSError:\n    pass"
    assert "socket.getaddrinfo" in fetched(code)


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    spec = spec_from_file_location("audit", ROOT / ".ci" / "audit.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FLAW = {"id": "PYSEC-2026-1", "fix_versions": ["2.0"]}


@pytest.mark.parametrize(
    ("dependencies", "status", "words"),
    [
        ([{"name": "a", "version": "1", "vulns": []}], 0, "no known vulnerability in 1"),
        ([{"name": "a", "version": "1", "vulns": [FLAW]}], 1, "a 1: PYSEC-2026-1, mended in 2.0"),
        ([{"name": "a", "skip_reason": "no answer"}], 0, "NOT AUDITED: nothing is known of 1 of 1"),
    ],
)
def test_the_audit(audit: ModuleType, dependencies: list, status: int, words: str) -> None:
    ended, said = audit.verdict({"dependencies": dependencies})
    assert ended == status
    assert words in said


@pytest.mark.parametrize(
    ("stderr", "status", "words"),
    [
        ("Traceback …\nrequests.exceptions.SSLError: no\n", 0, "NOT AUDITED: the service is not"),
        ("Traceback …\nrequests.exceptions.ConnectTimeout: no\n", 0, "NOT AUDITED"),
        ("error: no such option\n", 1, "pip-audit said nothing: error: no such option"),
    ],
)
def test_an_audit_without_an_answer(
    audit: ModuleType, stderr: str, status: int, words: str
) -> None:
    ended, said = audit.unsaid(stderr)
    assert ended == status
    assert words in said
