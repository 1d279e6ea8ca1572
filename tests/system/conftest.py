"""What tests of the whole program share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.program import Program
from tests.support.slack import SlackServer


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer() as server:
        yield server


@pytest.fixture
def program(tmp_path: Path, slack: SlackServer) -> Program:
    """An empty folder, and an environment that knows the Slack-like server."""
    return Program(tmp_path, {"WIREWATCH_SLACK_URL": slack.url})
