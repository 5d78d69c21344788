"""What a prompt gains when passages grow to their section: `python -m benchmarks.growing DATASET STORE`, on the answers known.

STORE holds the dataset's documents (`make eval` makes demo/eval-store of ../shared/data/docs). Every answerable question is
searched within its own document; counted is how many prompts hold the words of the reference answer in a row, and which
share of them in any order.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from eval.datasets import read_dataset
from eval.questions import Question
from rag.engine import Engine
from rag.prompt import build_prompt, parts
from rag.settings import load_settings
from rag.store.store import Store
from rag.types import Budget, Filters, Hit, about_tokens

K = 10
AROUND = (0, 500, 1_000, 2_000, 4_000)


@dataclass(frozen=True)
class Asked:
    """A question with what was found for it."""

    question: Question
    filters: Filters
    hits: tuple[Hit, ...]


def main(dataset: Path, root: Path) -> None:
    """Print a line for each size that passages may grow to."""
    with Engine(settings=load_settings(store=root)) as engine:
        asked = [found for one in read_dataset(dataset).questions if (found := _asked(engine, one)) is not None]
    print(f"{len(asked)} questions\naround  answer in a row  its words  tokens")
    with Store(root) as store:
        for around in AROUND:
            in_a_row, words, tokens = zip(*(_held(one, around, store) for one in asked), strict=True)
            print(f"{around:6}  {fmean(in_a_row):15.3f}  {fmean(words):9.3f}  {fmean(tokens):6.0f}")


def _asked(engine: Engine, question: Question) -> Asked | None:
    if not question.answerable or not question.answers or not question.wanted:
        return None
    filters = Filters(document=(question.document,))
    return Asked(question, filters, tuple(engine.search(question.question, k=K, filters=filters)))


def _held(asked: Asked, around: int, store: Store) -> tuple[bool, float, int]:
    """Whether the answer stands in the prompt in a row, which share of its words does, and how many tokens that takes."""
    prompt = build_prompt(
        asked.question.question,
        asked.hits,
        budget=Budget(around=around),
        section_of=lambda hit: store.section_of(hit, asked.filters),
    )
    text = "".join(part for part in parts(prompt) if isinstance(part, str))
    evidence = f" {_plain(text.partition('Question:')[0])} "
    answer = _plain(asked.question.answers[0])
    wanted = set(answer.split())
    held = sum(f" {word} " in evidence for word in wanted) / max(1, len(wanted))
    return f" {answer} " in evidence, held, about_tokens(text)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
