"""From settings to channels.

Most are one channel. A mail channel is one channel a recipient, named
`desk:analyst@example.org`: the outbox has a row for each, so that every mailbox has its own tries,
its own refusal and its own doubt, and no receipt has to stand for several fates.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import assert_never

from alerts.settings import (
    AppriseSettings,
    ChannelSettings,
    EmailSettings,
    SlackBotSettings,
    SlackSettings,
    WebhookSettings,
)
from alerts.types import Channel, Post


def channel_names(settings: ChannelSettings) -> tuple[str, ...]:
    """The names under which the outbox keeps rows: what a rule's `to` stands for."""
    if isinstance(settings, EmailSettings):
        return tuple(f"{settings.name}:{recipient}" for recipient in settings.to)
    return (settings.name,)


def channel_from(
    settings: ChannelSettings, post: Post, now: Callable[[], datetime]
) -> tuple[Channel, ...]:
    """The channels, in the order of `channel_names`. `now` gives the time in UTC."""
    match settings:
        case SlackSettings():
            from alerts.slack import SlackChannel

            return (SlackChannel(settings, post, now),)
        case SlackBotSettings():
            from alerts.slack_bot import SlackBotChannel

            return (SlackBotChannel(settings, post, now),)
        case WebhookSettings():
            from alerts.webhook import WebhookChannel

            return (WebhookChannel(settings, post, now),)
        case AppriseSettings():
            from alerts.apprise import AppriseChannel

            return (AppriseChannel(settings, now),)
        case EmailSettings():
            from alerts.email import EmailChannel

            return tuple(EmailChannel(settings, recipient, now) for recipient in settings.to)
        case _:
            assert_never(settings)
