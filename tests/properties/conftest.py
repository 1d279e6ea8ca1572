"""How many examples a run tries: few and the same ones at each change, others and more on demand.

pytest tests/properties --hypothesis-profile=thorough --hypothesis-seed=7
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]

settings.register_profile(
    "thorough", max_examples=20_000, deadline=None, suppress_health_check=_SLOW
)
