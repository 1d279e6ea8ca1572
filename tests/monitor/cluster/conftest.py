"""A database on which workers meet: one for each module, empty for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.cluster import Meeting, meeting
from tests.support.postgres import Postgres


@pytest.fixture(scope="module")
def shared(
    postgres: Postgres,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Iterator[Meeting]:
    """With the feeds that the module names in URLS."""
    with meeting(postgres, tmp_path_factory.mktemp("meeting"), request.module.URLS) as found:
        yield found


@pytest.fixture
def desk(shared: Meeting) -> Meeting:
    shared.anew()
    return shared
