"""Ask the Python Packaging Advisory Database about every locked dependency, by pip-audit.

    python .ci/audit.py requirements.lock requirements-dev.lock

Status 1 if one has a known vulnerability. Where the service does not answer, nothing is known, and
that is said; it is no failure, as a machine without it could build nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any


def asked(locks: Sequence[str]) -> Mapping[str, Any]:
    """What pip-audit says of these locks, none of which is installed for it."""
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "-f", "json"]
    command += [word for lock in locks for word in ("-r", lock)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not done.stdout.startswith("{"):
        raise SystemExit(f"pip-audit said nothing: {done.stderr[-2_000:]}")
    return json.loads(done.stdout)


def verdict(said: Mapping[str, Any]) -> tuple[int, str]:
    """Exit status and words."""
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
    status, words = verdict(asked(sys.argv[1:]))
    print(words)
    sys.exit(status)
