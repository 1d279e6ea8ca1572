"""Names that are made in code: transcriptions, spellings and head nouns of Korean facilities."""

from monitor.forms.heads import Head, heads
from monitor.forms.make import Form, names_by_rule

__all__ = ["Form", "Head", "heads", "names_by_rule"]
