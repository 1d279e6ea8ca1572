"""What can go wrong between a URL and its entries.

FeedsError
├── ListError         a feed list cannot be read (file, line or key)
├── TransferError     a request came to nothing (reason); fetch() turns it into types.FeedError
│   └── SendError     a POST did, and may have arrived or not
└── (fetching and parsing never raise: they return types.FeedError with one of REASONS)
"""

from __future__ import annotations

REASONS: dict[str, str] = {
    "dns": "the host name could not be resolved",
    "refused-address": "the address is not public",
    "bad-url": "the URL is not one that may be fetched",
    "connect": "no connection",
    "tls": "no trusted TLS connection",
    "timeout": "the whole fetch took too long",
    "redirects": "too many redirects, or one that may not be followed",
    "too-large": "more bytes than a feed may have",
    "coding": "a content coding that may not be decoded",
    "protocol": "the answer is not HTTP",
    "http": "the server answered with an error status",
    "not-a-feed": "the document is not a feed",
    "not-a-page": "the document is not a web page",
    "no-article": "the page holds no article",
    "parse-timeout": "parsing took too long and was stopped",
    "parse-crash": "the parser process died",
    "internal": "a fault of this program, logged with its traceback",
}


class FeedsError(Exception):
    """Base of every error that this package raises."""


class ListError(FeedsError):
    """A feed list cannot be read. `str()` names the file and the line or key."""


class TransferError(FeedsError):
    """A request came to nothing. `str()` is one line and holds no path, query or header."""

    def __init__(self, reason: str, message: str, *, reset: bool = False) -> None:
        super().__init__(one_line(message))
        self.reset = reset  # the connection was, before any byte of an answer came
        self.reason = reason  # one of REASONS
        self.message = str(self)


class SendError(TransferError):
    """A POST came to nothing."""

    def __init__(self, reason: str, message: str, *, maybe_sent: bool) -> None:
        super().__init__(reason, message)
        self.maybe_sent = maybe_sent  # the request may have reached the server all the same


def one_line(text: str, limit: int = 300) -> str:
    """`text` as people may safely see it: printable, on one line, at most `limit` characters."""
    printable = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(printable.split())[:limit]
