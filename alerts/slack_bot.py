"""Slack by bot token: as by webhook, with a thread for each story.

Sources: docs.slack.dev/reference/methods/chat.postMessage (arguments, errors; the scope chat:write)
and docs.slack.dev/apis/web-api/rate-limits (a message a second and channel).
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from datetime import datetime

from alerts.posting import JSON, POST_SECONDS, answered, guarded, words
from alerts.settings import SlackBotSettings
from alerts.slack import GAP, Block, payloads
from alerts.types import Alert, Post, PostAnswer, Receipt

# "It's possible some aspect of the operation succeeded before the error was raised."
_IN_DOUBT = {"fatal_error", "internal_error"}
_LATER = {"ratelimited", "rate_limited", "service_unavailable", "request_timeout",
          "team_added_to_org", "message_limit_exceeded"}  # fmt: skip
_TOO_MUCH = {"invalid_blocks", "invalid_blocks_format", "msg_too_long", "msg_blocks_too_long"}
# The story's first message was deleted: the alert starts the thread anew.
_NO_THREAD = {"thread_not_found", "invalid_thread_ts", "cannot_reply_to_message"}

# The answer repeats the whole message, and is cut: it cannot be read as JSON.
_OK = re.compile(r'\s*\{\s*"ok"\s*:\s*true')
_TS = re.compile(r'"ts"\s*:\s*"(\d{1,12}\.\d{1,9})"')
_ERROR = re.compile(r'"error"\s*:\s*"(\w{1,60})"')


class SlackBotChannel:
    """One channel of a workspace."""

    gap = GAP

    def __init__(
        self,
        settings: SlackBotSettings,
        post: Post,
        now: Callable[[], datetime],
        *,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        deadline: float = POST_SECONDS,
    ) -> None:
        self.name = settings.name
        self._settings = settings
        self._token = settings.token
        self._post = post
        self._now = now
        self._sleep = sleep
        self._deadline = deadline

    async def send(self, alert: Alert) -> Receipt:
        """Post one alert into its story's thread, if there is one."""
        return await guarded(alert, self._send(alert), self._deadline, self._token)

    async def _send(self, alert: Alert) -> Receipt:
        body, plain = payloads(alert)
        thread = alert.thread
        answer = await self._posted(body, thread)
        for _ in range(2):  # one thing may be wrong with the thread, and one with the blocks
            error = _error(answer)
            if error in _NO_THREAD and thread:
                thread = ""
            elif error in _TOO_MUCH and body is not plain:
                body = plain
            else:
                break
            await self._sleep(self.gap)
            answer = await self._posted(body, thread)
        return self._receipt(alert, answer, thread)

    async def _posted(self, body: Block, thread: str) -> PostAnswer:
        message = {**body, "channel": self._settings.channel}
        if thread:
            message["thread_ts"] = thread
        raw = json.dumps(message, ensure_ascii=False).encode()
        headers = {**JSON, "authorization": f"Bearer {self._token.reveal()}"}
        async with asyncio.timeout(self._deadline):
            url = f"{self._settings.api_url.rstrip('/')}/chat.postMessage"
            return await self._post(url, raw, headers)

    def _receipt(self, alert: Alert, answer: PostAnswer, thread: str) -> Receipt:
        if answer.status != 200:
            return answered(alert, answer, "Slack", self._now(), self._token)
        if _OK.match(answer.body):
            found = _TS.search(answer.body)
            return Receipt(
                alert=alert.id, outcome="sent", thread=thread or (found[1] if found else "")
            )
        error = _error(answer)
        return Receipt(
            alert=alert.id,
            outcome=_outcome(error),
            message=words(f"Slack answered {error or answer.body}", self._token),
        )


def _error(answer: PostAnswer) -> str:
    found = None if _OK.match(answer.body) else _ERROR.search(answer.body)
    return found[1] if found else ""


def _outcome(error: str) -> str:
    if error in _LATER:
        return "later"
    return "in-doubt" if error in _IN_DOUBT or not error else "refused"
