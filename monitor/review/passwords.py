"""Hashes of passwords: PBKDF2-HMAC-SHA256, written as Django and datasette-auth-passwords do."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

ITERATIONS = 600_000  # OWASP, Password Storage Cheat Sheet; 0.2 s of a core


def hashed(password: str, *, salt: str = "", iterations: int = ITERATIONS) -> str:
    """`pbkdf2_sha256$iterations$salt$hash`, with a salt of its own unless one is given."""
    salt = salt or secrets.token_hex(16)
    digest = hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), iterations)
    return f"pbkdf2_sha256${iterations}${salt}${base64.b64encode(digest).decode()}"


def matches(password: str, kept: str) -> bool:
    """Whether this is the password. Takes the time of a hash whatever the answer."""
    _, iterations, salt, _ = kept.strip().split("$")
    again = hashed(password, salt=salt, iterations=int(iterations))
    return hmac.compare_digest(again.encode(), kept.strip().encode())


NOBODY = f"pbkdf2_sha256${ITERATIONS}$nobody${'A' * 43}="
"""What the password of an unknown name is compared with: time must not tell who is known."""
