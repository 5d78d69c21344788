"""Ask the questions of a dataset and keep everything that comes back."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from eval.answers import measure_answer, without_markers
from eval.judge import Verdict, measure_verdict
from eval.metrics import Ranking, Unit, measure
from eval.questions import Question, Wanted
from eval.runs import AnswerRow, CitedPlace, Found, Row, Said, Scope, WantedUnit
from rag.engine import MOST_HITS, Engine
from rag.errors import BadRequest
from rag.types import Answer, Filters, Hit, Route

if TYPE_CHECKING:
    from eval.judge import Judge

SNIPPET = 300
"""Characters of each hit that are kept."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How the questions are put."""

    ks: tuple[int, ...]
    hits: int
    scope: Scope = "given"
    answers: bool = False
    route: Route | None = None
    """None takes that of the settings."""
    judge: Judge | None = None


def ask(questions: Sequence[Question], engine: Engine, plan: Plan) -> Iterator[Row]:
    """Ask the questions in the order given: without `answers`, only those that have evidence to be found.

    Raises: UnknownDocument if a question's document or evidence is not in the store; BadRequest if questions about no
        document are to be put to one.
    """
    wrong = wrong_documents(questions)
    asking = [_put(question, plan, wrong) for question in questions]
    asking = [one for one in asking if plan.answers or one.question.wanted]
    names = {name for one in asking for name in (one.to, *(wanted.document for wanted in one.question.wanted)) if name}
    ids = _ids(names, engine)
    layers: dict[str, str] = {}
    for one in asking:
        if one.to and one.to not in layers:
            layers[one.to] = text_layer(engine, one.question.question, Filters(document=(ids[one.to],)))
        filters = Filters(document=(ids[one.to],)) if one.to and plan.scope != "store" else None
        yield _row(one, engine, plan, filters=filters, ids=ids, layer=layers.get(one.to, ""))


def _ids(names: set[str], engine: Engine) -> dict[str, str]:
    """The id of each document by the name that the dataset has for it; the first by source where several share it.

    Raises: UnknownDocument if one is not in the store.
    """
    known: dict[str, str] = {}
    for document in engine.documents():
        for name in (document.id, document.source, document.source.rpartition("/")[2]):
            known.setdefault(name, document.id)
    # The same bytes may go by further names, which only the store knows.
    return {name: known.get(name) or engine.document(name).id for name in sorted(names)}


@dataclass(frozen=True, slots=True)
class _Put:
    """A question, and the document that it is put to."""

    question: Question
    to: str
    """Empty for a question that is about no document."""


def _put(question: Question, plan: Plan, wrong: Mapping[str, str]) -> _Put:
    if plan.scope != "store" and not question.document:
        raise BadRequest(
            f"The question {question.id!r} is about no document, so it cannot be put to a {plan.scope} one.",
            hint="Put the questions to the whole store: --scope store",
        )
    if plan.scope != "wrong":
        return _Put(question, question.document)
    if wrong[question.document] == question.document:
        raise BadRequest("All questions are about one document.", hint="Leave out --scope wrong.")
    # What was right is not to be found there, so that silence is the right answer.
    elsewhere = replace(question, wanted=(), answers=(), answerable=False, cluster=question.document)
    return _Put(elsewhere, wrong[question.document])


def wrong_documents(questions: Sequence[Question]) -> dict[str, str]:
    """For each document that is asked about, the one seven places on by name."""
    names = sorted({question.document for question in questions if question.document})
    # Seven places on in a list of seven is the same document again.
    step = 7 if len(names) % 7 else 1
    return {name: names[(at + step) % len(names)] for at, name in enumerate(names)}


def _row(one: _Put, engine: Engine, plan: Plan, *, filters: Filters | None, ids: Mapping[str, str], layer: str) -> Row:
    question = one.question
    came = _come_back(engine, plan, question.question, filters)
    wanted = _wanted(question, ids)
    by_page = all(page is not None for _, page in wanted)
    found = units(came.hits, by_page=by_page)
    ranks = {unit: rank for rank, unit in enumerate(found, start=1)}
    ranking = Ranking(found, {unit: evidence.grade for unit, evidence in wanted.items()})
    measures = measure([ranking], ks=plan.ks)[0] if wanted else {}
    verdict = None
    if came.answer is not None:
        boxes = {unit: evidence.boxes for unit, evidence in wanted.items()}
        measures |= measure_answer(
            came.answer, references=question.answers, answerable=question.answerable, wanted=boxes
        )
        verdict = _verdict(came.answer, question, plan.judge)
        measures |= measure_verdict(verdict)
    return Row(
        id=question.id,
        question=question.question,
        group=question.group,
        answerable=question.answerable,
        labels=_labels(question, layer, plan.route or engine.settings.route),
        wanted=tuple(
            WantedUnit(evidence.document, unit[0], unit[1], evidence.grade, ranks.get(unit), evidence.boxes)
            for unit, evidence in wanted.items()
        ),
        found=tuple(as_found(hit) for hit in came.hits),
        measures=measures,
        seconds={stage: round(value, 4) for stage, value in came.seconds.items()},
        answer=None if came.answer is None else _answer_row(came.answer, question, verdict),
    )


@dataclass(frozen=True, slots=True)
class _CameBack:
    hits: tuple[Hit, ...]
    seconds: Mapping[str, float]
    answer: Answer | None


def _come_back(engine: Engine, plan: Plan, question: str, filters: Filters | None) -> _CameBack:
    if plan.answers:
        answer = engine.query(question, k=plan.hits, filters=filters, route=plan.route)
        return _CameBack(answer.hits, answer.seconds, answer)
    began = time.perf_counter()
    hits = engine.search(question, k=plan.hits, filters=filters, route=plan.route)
    return _CameBack(hits, {"search": time.perf_counter() - began}, None)


def _wanted(question: Question, ids: Mapping[str, str]) -> dict[Unit, Wanted]:
    """The evidence by page; by document where any of it is a whole document."""
    by_page = all(wanted.page is not None for wanted in question.wanted)
    # Of several in one document the best comes last, and stays.
    ordered = sorted(question.wanted, key=lambda wanted: wanted.grade)
    return {(ids[wanted.document], wanted.page if by_page else None): wanted for wanted in ordered}


def units(hits: Sequence[Hit], *, by_page: bool) -> tuple[Unit, ...]:
    """The distinct pages, or documents, of the hits, in order of their first hit."""
    return tuple(dict.fromkeys((hit.document.id, hit.element.page if by_page else None) for hit in hits))


def text_layer(engine: Engine, question: str, only: Filters) -> str:
    """Whether `all`, `some` or `none` of a document's pages with text carry it themselves, as against by OCR.

    Looks at the text elements that a search in the document brings up, which is all of them in a document of usual length.
    """
    texts = Filters(document=only.document, modality=("text",))
    elements = [hit.element for hit in engine.search(question, k=MOST_HITS, filters=texts)]
    parsed = {element.page for element in elements if element.origin == "parsed"}
    read = {element.page for element in elements if element.origin == "ocr"} - parsed
    return "none" if not parsed else "some" if read else "all"


def _labels(question: Question, layer: str, route: Route) -> dict[str, tuple[str, ...]]:
    """What the question is sliced by; what is not known of it makes no slice."""
    # A question about ten pages cannot find them among five: by text layer, those about one page are told apart.
    of_one_page = len({(wanted.document, wanted.page) for wanted in question.wanted}) == 1
    labels = {
        "modality": question.modalities,
        "evidence": question.sources,
        "document": (question.document_type,),
        "text layer": (layer, f"{layer}, one page of evidence" if of_one_page else ""),
        "language": (question.language,),
        "route": (route,),
        "answerable": ("yes" if question.answerable else "no",),
    }
    said = {kind: tuple(name for name in names if name) for kind, names in labels.items()}
    return {kind: names for kind, names in said.items() if names}


def as_found(hit: Hit) -> Found:
    """What is kept of a hit."""
    element = hit.element
    text = element.text or element.caption or element.ocr
    return Found(
        rank=hit.rank,
        document=hit.document.source,
        document_id=hit.document.id,
        page=element.page,
        modality=element.modality,
        element=element.id,
        score=hit.score,
        relevance=hit.relevance,
        ranks=dict(hit.ranks),
        raw={name: round(score, 6) for name, score in hit.raw.items()},
        calibrated={name: round(score, 6) for name, score in hit.calibrated.items()},
        box=element.box,
        section=element.section,
        media=element.media,
        text=text if len(text) <= SNIPPET else f"{text[: SNIPPET - 1]}…",
    )


def _verdict(answer: Answer, question: Question, judge: Judge | None) -> Verdict | None:
    """None without a judge or a reference; an answer that abstains agrees with no reference, and nobody need be asked."""
    if judge is None or not question.answers:
        return None
    if not answer.answerable:
        return "no"
    return judge.verdict(question.question, references=question.answers, answer=without_markers(answer.text))


def _answer_row(answer: Answer, question: Question, verdict: Verdict | None) -> AnswerRow:
    return AnswerRow(
        text=answer.text,
        answerable=answer.answerable,
        references=question.answers,
        citations=tuple(
            CitedPlace(
                number=one.number,
                sentence=one.sentence,
                document=one.document.source,
                document_id=one.document.id,
                page=one.page,
                box=one.box,
                quote=one.quote,
            )
            for one in answer.citations
        ),
        sentences=tuple(Said(one.text, one.support, one.missing) for one in answer.sentences),
        verdict=verdict,
    )
