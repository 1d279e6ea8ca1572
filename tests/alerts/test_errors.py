"""alerts.errors: one tree, drawn where it stands."""

from __future__ import annotations

import pytest

from alerts import errors


def subclasses(kind: type) -> list[type]:
    return [one for child in kind.__subclasses__() for one in (child, *subclasses(child))]


def test_every_error_is_in_the_drawing():
    drawn = errors.__doc__ or ""
    assert subclasses(errors.AlertsError)
    for kind in subclasses(errors.AlertsError):
        assert kind.__module__ == "alerts.errors"
        assert f"── {kind.__name__} " in drawn


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            errors.SettingsError("desk", "port", "is not a port"),
            "channel 'desk': port: is not a port",
        ),
        (errors.RuleError("mines", "to", "is empty"), "alert 'mines': to: is empty"),
        (errors.PostError("tls", "no trust", maybe_sent=False), "tls: no trust"),
    ],
)
def test_an_error_names_what_failed(error, words):
    assert str(error) == words
