"""Languages by script."""

from __future__ import annotations

import pytest

from monitor.language import detect


@pytest.mark.parametrize(
    ("text", "declared", "language"),
    [
        ("평양화력발전소는 전력을 생산한다", "", "ko"),
        ("평양화력발전소는 전력을 생산한다", "en", "ko"),
        ("KCNA 2026: 평양화력발전소", "en", "ko"),
        ("平壤火力发电厂恢复运行", "", "zh"),
        ("平壤火力発電所が運転を再開した", "", "ja"),
        ("朝鮮の火力発電所", "zh", "ja"),
        ("На Хичхонской ГЭС пущен агрегат", "", "ru"),
        ("На Хичхонской ГЭС пущен агрегат", "uk", "uk"),
        ("The power station runs", "en", "en"),
        ("La centrale tourne", "fr", "fr"),
        ("The power station runs", "", ""),
        ("A visit to 평양", "en", "en"),
        ("2026 — 10,000", "ko", "ko"),
        ("", "ja", "ja"),
    ],
)
def test_detect(text: str, declared: str, language: str) -> None:
    assert detect(text, declared) == language
