"""From settings to channels.

A Slack webhook is one channel. A mail channel is one channel a recipient, named
`desk:analyst@example.org`: the outbox has a row for each, so that every mailbox has its own tries,
its own refusal and its own doubt, and no receipt has to stand for several fates.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from alerts.email import EmailChannel
from alerts.settings import ChannelSettings, SlackSettings
from alerts.slack import SlackChannel
from alerts.types import Channel, Post


def channel_names(settings: ChannelSettings) -> tuple[str, ...]:
    """The names under which the outbox keeps rows: what a rule's `to` stands for."""
    if isinstance(settings, SlackSettings):
        return (settings.name,)
    return tuple(f"{settings.name}:{recipient}" for recipient in settings.to)


def channel_from(
    settings: ChannelSettings, post: Post, now: Callable[[], datetime]
) -> tuple[Channel, ...]:
    """The channels, in the order of `channel_names`. `now` gives the time in UTC."""
    if isinstance(settings, SlackSettings):
        return (SlackChannel(settings, post, now),)
    return tuple(EmailChannel(settings, recipient, now) for recipient in settings.to)
