"""A session of benchmarks/proof/fuzzing.py, in a process that libFuzzer ends: TARGET, build, options."""

from __future__ import annotations

import os
import sys

import atheris

# Whose branches guide the search; what is in C has no say, and is watched for crashes only.
INSTRUMENTED = ["feeds", "feedparser", "sgmllib", "monitor", "trafilatura", "justext", "htmldate"]

with atheris.instrument_imports(include=INSTRUMENTED):
    from benchmarks.proof import fuzz_careless, fuzz_targets

if __name__ == "__main__":
    target, build, *options = sys.argv[1:]
    if build == "careless":
        fuzz_careless.spoil(target)
    atheris.Setup(
        [os.environ.get("FUZZ_ITSELF", sys.argv[0]), *options], fuzz_targets.TARGETS[target]
    )
    atheris.Fuzz()
