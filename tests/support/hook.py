"""Servers that take alerts by POST: Slack's chat.postMessage, and a webhook that checks signatures."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections import deque
from typing import Any

from tests.support import slack
from tests.support.serving import LoopbackServer
from tests.support.slack import Fault

BOT_TOKEN = "xoxb-1234-BotTokenThatNobodyMaySee"
ROOM = "C0123456789"
KEY = "a-signing-key-that-nobody-may-see"
PATH_TOKEN = "HookTokenThatNobodyMaySee"


class PostServer(LoopbackServer):
    """Keeps what it accepts. `faults` are used up first, one a request; then `judge` decides."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: deque[Fault] = deque()
        self.accepted: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []  # of what was accepted

    def judge(self, path: str, headers: dict[str, str], body: bytes) -> Fault:
        raise NotImplementedError

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path, headers, body = await slack._read(reader)
        fault = self.faults.popleft() if self.faults else self.judge(path, headers, body)
        if fault.accept:
            self.accepted.append(json.loads(body))
            self.headers.append(headers)
        if fault.silent:
            await self.until_closed()
        if not fault.drop:
            writer.write(slack._response(fault))
            await writer.drain()


class BotServer(PostServer):
    """Slack's API. Whatever is wrong is said in a body, with status 200."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    def judge(self, path: str, headers: dict[str, str], body: bytes) -> Fault:
        if path != "/api/chat.postMessage":
            return no("unknown_method")
        if headers.get("authorization") != f"Bearer {BOT_TOKEN}":
            return no("invalid_auth")
        message = json.loads(body)
        if message.pop("channel", "") != ROOM:
            return no("channel_not_found")
        if problem := slack.refusal(headers.get("content-type", ""), json.dumps(message).encode()):
            return no(problem)
        thread = message.get("thread_ts")
        if thread and thread not in self.stamps():
            return no("thread_not_found")
        stamp = f"1795000000.{len(self.accepted):06}"
        said = json.dumps({"ok": True, "channel": ROOM, "ts": stamp, "message": message})
        return Fault(accept=True, body=said)

    def stamps(self) -> list[str]:
        return [f"1795000000.{n:06}" for n in range(len(self.accepted))]


def no(error: str) -> Fault:
    return Fault(body=json.dumps({"ok": False, "error": error}))


class HookServer(PostServer):
    """A webhook that takes what is signed with the key, and nothing else."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/{PATH_TOKEN}"

    def judge(self, path: str, headers: dict[str, str], body: bytes) -> Fault:
        content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        mac = base64.b64encode(hmac.digest(KEY.encode(), content, hashlib.sha256)).decode()
        if not hmac.compare_digest(f"v1,{mac}", headers["webhook-signature"]):
            return Fault(status=401, body="wrong signature")
        return Fault(accept=True)


class AppriseServer(PostServer):
    """What Apprise's own JSON notification talks to."""

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.port}/{PATH_TOKEN}"

    def judge(self, path: str, headers: dict[str, str], body: bytes) -> Fault:
        return Fault(accept=True)
