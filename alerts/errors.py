"""What can go wrong between an alert and the people it is for.

AlertsError
├── SettingsError     a channel's settings are wrong (channel, key, problem)
├── RuleError         an alert rule is wrong (rule, key, problem)
└── PostError         an HTTP POST brought no answer: from a transport to a channel, no further

(sending never raises: a channel returns types.Receipt with one of its four outcomes)
"""

from __future__ import annotations


class AlertsError(Exception):
    """Base of every error that this package raises."""


class SettingsError(AlertsError):
    """A channel cannot be built from its settings. `str()` names channel and key, never a value."""

    def __init__(self, channel: str, key: str, problem: str) -> None:
        super().__init__(f"channel {channel!r}: {key}: {problem}")
        self.channel = channel
        self.key = key
        self.problem = problem


class RuleError(AlertsError):
    """A rule can never do what it says. `str()` names rule and key."""

    def __init__(self, rule: str, key: str, problem: str) -> None:
        super().__init__(f"alert {rule!r}: {key}: {problem}")
        self.rule = rule
        self.key = key
        self.problem = problem


class PostError(AlertsError):
    """A POST that brought back no answer.

    `reason` is a slug (dns, connect, tls, timeout, protocol, …). `maybe_sent` says whether the
    other side may have read the whole request, so that sending again may show it twice.
    """

    def __init__(self, reason: str, message: str, *, maybe_sent: bool) -> None:
        super().__init__(f"{reason}: {message}")
        self.reason = reason
        self.message = message
        self.maybe_sent = maybe_sent
