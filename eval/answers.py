"""How good an answer is: its words against the reference, its citations against the evidence, its silence against both."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Mapping, Sequence

from eval.metrics import Unit
from rag.types import Answer, Box, Citation

ANLS_FROM = 0.5
"""Below this likeness an answer is another answer, not a misread one."""
_MARKERS = re.compile(r"\s*\[\d+(?:, \d+)*\]")
_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)
_CJK = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")


def measure_answer(
    answer: Answer,
    *,
    references: Sequence[str],
    answerable: bool,
    wanted: Mapping[Unit, Sequence[Box]],
) -> dict[str, float]:
    """The measures of one answer that can be told, each 0..1; what cannot be told is left out.

    `wanted`: the pages (or documents) of the evidence, with its boxes where the dataset gives any.
    """
    said = without_markers(answer.text) if answer.answerable else ""
    measures = {"abstention": float(answer.answerable == answerable)}
    if answerable and references:
        measures |= {
            "em": max(exact_match(said, reference) for reference in references),
            "f1": max(token_f1(said, reference) for reference in references),
            "anls": max(likeness(said, reference) for reference in references),
        }
    if answerable and wanted:
        measures |= _citations(answer.citations, wanted)
        boxes = {unit: places for unit, places in wanted.items() if places}
        if boxes:
            measures["box_iou"] = _box_iou(answer.citations, boxes)
    if answer.sentences:
        measures["unsupported"] = sum(one.support != "supported" for one in answer.sentences) / len(answer.sentences)
    return measures


def without_markers(text: str) -> str:
    """An answer without the numbers of its evidence."""
    return _MARKERS.sub("", text)


def normalised(text: str) -> list[str]:
    """The words of an answer that count: small letters, no punctuation, no English articles.

    Chinese, Japanese and Korean letters are words of their own, for these are written without spaces.
    Source: the evaluation script of SQuAD 2.0.
    """
    bare = _ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION))
    return _CJK.sub(r" \g<0> ", bare).split()


def exact_match(said: str, reference: str) -> float:
    """1 if both are the same words, else 0."""
    return float(normalised(said) == normalised(reference))


def token_f1(said: str, reference: str) -> float:
    """The harmonic mean of precision and recall over words, each word as often as it occurs; 1 where both are empty."""
    ours, theirs = normalised(said), normalised(reference)
    if not ours or not theirs:
        return float(ours == theirs)
    n_shared = sum((Counter(ours) & Counter(theirs)).values())
    return 2 * n_shared / (len(ours) + len(theirs))


def likeness(said: str, reference: str) -> float:
    """ANLS of one answer: 1 - edit distance / length of the longer, 0 below a half; letter by letter, in small letters.

    Source: Biten et al., Scene Text Visual Question Answering (ICCV 2019), equation 1.
    """
    ours, theirs = " ".join(said.lower().split()), " ".join(reference.lower().split())
    longer = max(len(ours), len(theirs))
    if not longer:
        return 1.0
    near = 1 - edit_distance(ours, theirs) / longer
    return near if near >= ANLS_FROM else 0.0


def edit_distance(one: str, other: str) -> int:
    """The fewest letters to put in, take out or exchange (Levenshtein)."""
    before = list(range(len(other) + 1))
    for at, letter in enumerate(one, start=1):
        row = [at]
        for beside, against in enumerate(other, start=1):
            row.append(min(before[beside] + 1, row[-1] + 1, before[beside - 1] + (letter != against)))
        before = row
    return before[-1]


def overlap(one: Box, other: Box) -> float:
    """Intersection over union of two boxes, 0..1."""
    width = max(0.0, min(one[2], other[2]) - max(one[0], other[0]))
    height = max(0.0, min(one[3], other[3]) - max(one[1], other[1]))
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return width * height / (areas - width * height) if areas > width * height else 0.0


def _citations(citations: Sequence[Citation], wanted: Mapping[Unit, object]) -> dict[str, float]:
    """Which of the cited pages are evidence, and which of the evidence is cited; precision only where anything is cited."""
    cited = {_unit(citation, wanted) for citation in citations}
    right = cited & wanted.keys()
    measures = {"cited": float(bool(right)), "citation_recall": len(right) / len(wanted)}
    return {**measures, "citation_precision": len(right) / len(cited)} if cited else measures


def _box_iou(citations: Sequence[Citation], wanted: Mapping[Unit, Sequence[Box]]) -> float:
    """The mean over the wanted boxes of the overlap with the nearest cited box on the same page."""
    best = [
        max(
            (overlap(box, one.box) for one in citations if one.box is not None and _unit(one, wanted) == unit),
            default=0.0,
        )
        for unit, boxes in wanted.items()
        for box in boxes
    ]
    return sum(best) / len(best)


def _unit(citation: Citation, wanted: Mapping[Unit, object]) -> Unit:
    """The cited place as pages where the evidence is pages, else as a document."""
    by_page = all(page is not None for _, page in wanted)
    return (citation.document.id, citation.page if by_page else None)
