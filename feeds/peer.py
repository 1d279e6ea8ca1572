"""Who answered: the address and, over TLS, the certificate. For evidence, never for a decision."""

from __future__ import annotations

import ssl
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from feeds.types import Peer

if TYPE_CHECKING:
    import socket


def address_of(connection: socket.socket) -> str:
    """The IP address at the other end; "" for a socket that has none (a test's, a UNIX one)."""
    try:
        peer = connection.getpeername()
    except OSError:
        return ""
    return str(peer[0]) if isinstance(peer, tuple) else ""


def peer_of(tls: ssl.SSLObject | None) -> Peer | None:
    """The certificate of a finished handshake; None where there is none."""
    der = tls.getpeercert(binary_form=True) if tls else None
    if tls is None or der is None:
        return None
    said: dict[str, Any] = dict(tls.getpeercert() or {})
    cipher = tls.cipher()
    return Peer(
        version=tls.version() or "",
        cipher=cipher[0] if cipher else "",
        fingerprint=sha256(der).hexdigest(),
        subject=_name(said.get("subject", ())),
        issuer=_name(said.get("issuer", ())),
        not_before=str(said.get("notBefore", "")),
        not_after=str(said.get("notAfter", "")),
    )


def _name(parts: tuple[tuple[tuple[str, str], ...], ...]) -> str:
    """A distinguished name as ssl spells it, on one line."""
    return ", ".join(f"{key}={value}" for part in parts for key, value in part)


def tls_message(error: OSError) -> str:
    """Why a handshake came to nothing, in words of ours."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted: {error.verify_message}"
    reason = error.reason if isinstance(error, ssl.SSLError) else error.strerror
    return f"the TLS handshake failed: {reason or 'the connection was closed'}"
