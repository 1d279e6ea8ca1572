"""What hostile feeds publish, where people and programs read it; and secrets, wherever."""

from __future__ import annotations

from benchmarks.proof import (
    output_browser,
    output_desk,
    output_injection,
    output_secrets,
    output_xss,
)

ROWS = (
    *output_xss.ROWS,
    *output_browser.ROWS,
    *output_injection.ROWS,
    *output_desk.ROWS,
    *output_secrets.ROWS,
)
