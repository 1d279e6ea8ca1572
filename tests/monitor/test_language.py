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
        ("На Хичхонской ГЭС пущен агрегат", "uk", "ru"),
        ("Міст через річку добудують наступної весни", "", "uk"),
        ("Міст через річку добудують наступної весни", "ru", "uk"),
        ("Завод перевиконав план", "uk", "uk"),
        ("Завод перевыполнил план в Київ", "ru", "ru"),
        ("Мост ще бъде завършен през пролетта, съобщиха", "", "bg"),
        ("Мост преко реке биће завршен на пролеће, саопштено је", "", "sr"),
        ("Мост цераз раку дабудуюць наступнай вясной, паведамілі ўчора", "ru", "be"),
        ("Өзен арқылы өтетін көпір көктемде бітеді", "ru", "kk"),
        ("発電所増設計画、検討開始", "zh", "ja"),
        ("発電所増設計画", "", "ja"),
        ("发电厂恢复运行", "ja", "zh"),
        ("平壤中央市場", "ja", "ja"),
        ("平壤中央市場", "", "zh"),
        ("The plant was opened by the premier on Monday", "ko", "en"),
        ("The plant was opened by the premier on Monday", "", "en"),
        ("La planta fue inaugurada por el primer ministro", "ko", ""),
        ("KCNA Pyongyang", "ko", "ko"),
        ("Café – the plant was opened by the premier", "ko", "en"),
        ("Café – the plant was opened by the premier", "fr", "fr"),
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
