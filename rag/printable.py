"""Text that others wrote, made safe to show: nothing in it moves a cursor, sets a title, or turns the order of what is read."""

from __future__ import annotations

import html
import json
import re

# C0 and C1 controls but tab and line break; marks that turn the direction of reading (Unicode Standard Annex 9).
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
REPLACED = "\N{REPLACEMENT CHARACTER}"


def printable(text: str) -> str:
    """The text with a mark in place of each control character."""
    return _CONTROLS.sub(REPLACED, text)


def escape(text: str) -> str:
    """The text for HTML, its quotes included."""
    return html.escape(printable(text))


def json_text(value: object, *, in_one_line: bool = False) -> str:
    """JSON that can be shown in a terminal: letters as they are, every control character as an escape."""
    written = json.dumps(value, ensure_ascii=False, indent=None if in_one_line else 2)
    # Inside strings, where alone it can stand, an escape means the same; line breaks between fields are left.
    return _CONTROLS.sub(lambda match: f"\\u{ord(match[0]):04x}", written)
