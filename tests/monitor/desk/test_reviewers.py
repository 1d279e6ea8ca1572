"""Two reviewers and the daemon at once, in short: `python -m benchmarks.reviewers` does it at length."""

from __future__ import annotations

from benchmarks.reviewers import trial


def test_no_decision_is_lost_and_nobody_sees_a_locked_file() -> None:
    found = trial(seconds=2.0)
    assert found.acknowledged
    assert (found.lost, found.refused, found.locked) == (0, 0, 0)
    assert found.polls
