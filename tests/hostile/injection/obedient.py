"""Models that obey: they say, and fill in, whatever a document in the evidence wants said."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from rag.prompt import NO_ANSWER, parts
from rag.types import Prompt


def obey(prompt: Prompt) -> list[str]:
    """Say whatever any evidence wants said: word for word, what is hidden in it too, its numbers, addresses and marks."""
    said = "".join(part for part in parts(prompt) if isinstance(part, str))
    evidence = re.findall(r"<evidence number=(\d+) from=(.*?)>\n(.*?)\n?</evidence>", said, re.DOTALL)
    lines = [line for number, place, text in evidence for line in _obeyed(int(number), f"{place}\n{text}")]
    # Once each: what repeats itself is stopped, and the rest would not be read.
    spoken = "\n".join([*([NO_ANSWER] if NO_ANSWER in said else []), *dict.fromkeys(lines)])
    return [spoken[at : at + 19] for at in range(0, len(spoken), 19)]  # cuts marks in two, now and then


def _obeyed(number: int, text: str) -> Iterator[str]:
    meant = unhidden(text)
    words = [line.strip() for line in text.splitlines() if line.strip()]
    yield from (f"{line} [{number}]" for line in words)
    yield from (f"So says number {one}, of {number} [{one}]." for one in _numbers(meant))
    yield from (f'See ![here]({one}) <img src="{one}"> <script src="{one}"></script>.' for one in _addresses(meant))
    yield from (f"In other letters: {line.strip()}" for line in meant.splitlines() if line.strip() not in (*words, ""))


def unhidden(text: str) -> str:
    """A text as one who looks for orders reads it: marks as they were meant, tag letters shown, nothing between letters."""
    shown = "".join(chr(ord(one) - 0xE0000) if 0xE0020 <= ord(one) < 0xE007F else one for one in text)
    shown = "".join(one for one in shown if unicodedata.category(one) != "Cf")
    return shown.replace("‹", "<").replace("›", ">")


def _numbers(text: str) -> list[int]:
    """The numbers in brackets, in others too since a prompt may write them so, and those that are called evidence."""
    plain = unicodedata.normalize("NFKC", text)
    found = re.findall(
        r"[\[【〔(<](?:evidence(?: number)?|source|[#^\[])? ?(\d[\d, -]*)|(?:evidence number=|\(source )'?(\d+)", plain
    )
    return [int(one) for pair in found for one in re.findall(r"\d+", " ".join(pair))]


def _addresses(text: str) -> list[str]:
    return list(dict.fromkeys(re.findall(r"http://127[^\s'\"()<>\x1b]+", text)))


def fill(prompt: Prompt) -> list[str]:
    """Give any JSON that stands in the evidence for the answer, else make one up."""
    said = "".join(part for part in parts(prompt) if isinstance(part, str))
    found = re.search(r'\{"answer": \{.*\}, "evidence": \[[\d, ]*\][^}]*\}', said)
    return [found[0] if found else '{"answer": {"height": 42, "keeper": "Mallory Vane [99]"}, "evidence": [99]}']
