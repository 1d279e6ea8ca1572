"""Ask the Python Packaging Advisory Database about every locked dependency, by pip-audit.

    python .ci/audit.py requirements.lock requirements-dev.lock

Status 1 if one has a known vulnerability. Where the service does not answer, nothing is known, and
that is said; it is no failure, as a machine without it could build nothing.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

# How pip-audit ends, with a traceback, where no connection to the service comes about.
_UNREACHED = re.compile(
    r"^requests\.exceptions\.(?:SSLError|ProxyError|Connect\w+|ReadTimeout)", re.MULTILINE
)


def asked(locks: Sequence[str]) -> tuple[int, str]:
    """Status and words for these locks, none of which is installed for it."""
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "-f", "json"]
    command += [word for lock in locks for word in ("-r", lock)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not done.stdout.startswith("{"):
        return unsaid(done.stderr)
    return verdict(json.loads(done.stdout))


def unsaid(stderr: str) -> tuple[int, str]:
    """Exit status and words where pip-audit came to no answer."""
    if found := _UNREACHED.search(stderr):
        return 0, f"NOT AUDITED: the service is not to be reached ({found[0]})"
    return 1, f"pip-audit said nothing: {stderr[-2_000:]}"


def verdict(said: Mapping[str, Any]) -> tuple[int, str]:
    """Exit status and words for pip-audit's answer."""
    dependencies = said["dependencies"]
    audited = [one for one in dependencies if "skip_reason" not in one]
    found = [
        f"{one['name']} {one['version']}: {flaw['id']}, mended in {_versions(flaw)}"
        for one in audited
        for flaw in one["vulns"]
    ]
    if found:
        return 1, "\n".join(["known vulnerabilities:", *found])
    if len(audited) < len(dependencies):
        unknown = len(dependencies) - len(audited)
        return 0, f"NOT AUDITED: nothing is known of {unknown} of {len(dependencies)} dependencies"
    return 0, f"no known vulnerability in {len(audited)} dependencies"


def _versions(flaw: Mapping[str, Any]) -> str:
    return ", ".join(flaw["fix_versions"]) or "no version yet"


if __name__ == "__main__":
    status, words = asked(sys.argv[1:])
    print(words)
    sys.exit(status)
