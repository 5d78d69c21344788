"""Markdown, rendered to HTML and walked as such, so that there is one way to read headings, tables and pictures."""

from __future__ import annotations

import re
from pathlib import Path

from markdown_it import MarkdownIt

from indexers.html import elements_of, parse
from indexers.reading import Desk, Reading
from indexers.text import decode
from rag.types import Element

_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n(?:---|\.\.\.)\n", re.DOTALL)
_FIELD = re.compile(r"^([A-Za-z_][\w-]*):[ \t]*(\S.*)$", re.MULTILINE)


def read(path: Path, desk: Desk) -> Reading:
    """Read a Markdown file: headings, paragraphs, tables and pictures in order; front matter becomes metadata.

    Raises: UnsupportedFile, DamagedFile, EmptyFile.
    """
    text = decode(path.read_bytes(), path.name)
    front = _FRONT_MATTER.match(text)
    facts = {name.lower(): value.strip().strip("\"'") for name, value in _FIELD.findall(front[1])} if front else {}
    body = text[front.end() :] if front and facts else text  # else two rules, and words between them
    root = parse(f"<html><body>{MarkdownIt('gfm-like', {'linkify': False}).render(body)}</body></html>", path.name)
    elements = list(elements_of(root, path, desk))
    title = facts.pop("title", "") or _first_heading(elements) or path.stem
    return Reading(title, "text/markdown", 1, iter(elements), facts)


def _first_heading(elements: list[Element]) -> str:
    return next((element.section[0] for element in elements if element.section), "")
