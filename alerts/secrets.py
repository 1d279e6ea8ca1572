"""Secrets that cannot be printed by accident, and text with a secret cut out of it."""

from __future__ import annotations

import base64
import re
from typing import Any
from urllib.parse import quote

MASK = "***"

SHORTEST_PIECE = 9  # of a URL behind its host; a shorter one is a common word such as "services"


class Secret:
    """A password or a URL that is one. Only `reveal` gives it out.

    `repr`, `str` and `format` show a mask. A copy is the same object; a pickle holds no secret,
    and what is loaded from it refuses to be revealed.
    """

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value: str | None = value

    def reveal(self) -> str:
        """The secret itself: for the call that needs it, never for a name or a message.

        Raises:
            ValueError: this is what a pickle left of a secret.
        """
        if self.__value is None:
            raise ValueError("a secret does not survive pickling")
        return self.__value

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.__value == other.__value

    def __hash__(self) -> int:
        return hash(self.__value)

    def __bool__(self) -> bool:
        return bool(self.__value)

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Secret:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return (_lost, ())


def _lost() -> Secret:
    secret = Secret("")
    secret._Secret__value = None  # type: ignore[attr-defined]  # noqa: SLF001  # its own module
    return secret


def redacted(text: str, *secrets: Secret | None) -> str:
    """`text` with every form of the secrets masked that an error message is known to carry.

    Those are the secret itself, percent-encoded, in base64 (a server may echo an AUTH line), and
    for a URL the long pieces behind its host: Slack's token is one.
    """
    for secret in secrets:
        if secret:
            for form in _forms(secret.reveal()):
                text = text.replace(form, MASK)
    return text


def _forms(value: str) -> list[str]:
    behind_host = value.partition("://")[2].partition("/")[2]
    pieces = re.split(r"[/?#&=]", behind_host)
    long_pieces = [piece for piece in pieces if len(piece) >= SHORTEST_PIECE]
    coded = [quote(value, safe=""), base64.b64encode(value.encode()).decode().rstrip("=")]
    forms = {value, *coded, *long_pieces}
    return sorted(forms, key=len, reverse=True)  # the whole before its parts
