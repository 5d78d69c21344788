"""Collections of queries, corpus and judgements (qrels), as BEIR and ViDoRe give them.

DIR/queries.…    an id (`_id`, `query-id`, …) and a text (`text`, `query`) per row
DIR/corpus.…     an id (`_id`, `corpus-id`, …) and a text, or a picture of a page
DIR/qrels.…      query id, corpus id and score per row; only a score above 0 makes evidence

Each is one file (.jsonl, .tsv, .csv) or a folder of files, one or several per split. Every entry of the corpus is a document
of its own, known in the store by the file that it is unpacked to (`unpack`), or by the picture that lies in DIR already.
Source: the BEIR repository's and the ViDoRe V2 and V3 datasets' cards.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from eval.questions import Dataset, Question, Wanted, guess_language
from eval.tabular import ENDINGS, TableRow, digest, read_table, unsupported
from rag.errors import BadRequest, DamagedFile, UnreadablePath
from rag.types import Box, JsonValue

_TABLES = ("queries", "corpus", "qrels")
_IDS = ("_id", "id")
_PICTURES = {b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg", b"RIFF": ".webp"}


def is_collection(folder: Path) -> bool:
    """Whether a folder holds queries in any form."""
    return any((folder / "queries").with_suffix(ending).is_file() for ending in (*ENDINGS, ".parquet")) or (
        (folder / "queries").is_dir()
    )


@dataclass(frozen=True)
class Entry:
    """An entry of the corpus: a text, or the picture of a page."""

    id: str
    place: str
    text: str
    picture: Path | None
    """A picture that lies in the dataset's folder."""
    encoded: bytes
    """The bytes of a picture that stands in the table; empty without one."""
    document: str
    """The document that the page is of, where the dataset says so."""

    @property
    def name(self) -> str:
        """The file name that the entry goes by in a store."""
        if self.picture is not None:
            return self.picture.name
        ending = next((ending for begins, ending in _PICTURES.items() if self.encoded.startswith(begins)), ".png")
        return file_stem(self.id) + (ending if self.encoded else ".txt")

    @cached_property
    def size(self) -> tuple[int, int]:
        """Width and height of its picture in pixels.

        Raises: DamagedFile if there is none, or it cannot be read.
        """
        from PIL import Image, UnidentifiedImageError

        try:
            with Image.open(self.picture or io.BytesIO(self.encoded)) as image:
                return image.size
        except (UnidentifiedImageError, OSError) as error:
            raise DamagedFile(
                f"{self.place}: its picture cannot be read.", hint="Boxes need the page's size."
            ) from error


def file_stem(id: str) -> str:
    """A file name for an id, the same for the same id and for no other: letters, digits, `.`, `-` and `_` stay."""
    safe = re.sub(r"[^\w.-]", lambda found: "".join(f"%{byte:02x}" for byte in found[0].encode()), id)
    return f"%2e{safe[1:]}" if safe.startswith(".") else safe


def read_collection(folder: Path, *, split: str) -> Dataset:
    """Read the queries of a collection that have judgements in the split, in the order of the queries.

    Raises: UnreadablePath if a table is missing; DamagedFile if a row lacks what it needs, or names what is not there;
        UnsupportedFile for a parquet file; BadRequest if there is no such split.
    """
    paths = {table: _files(folder, table, split) for table in _TABLES}
    corpus = {entry.id: entry for entry in _entries(folder, paths["corpus"])}
    judged = _judgements([row for path in paths["qrels"] for row in read_table(path)], corpus)
    queries = [_query(row) for path in paths["queries"] for row in read_table(path)]
    unknown = judged.keys() - {question.id for question in queries}
    if unknown:
        id = min(unknown)
        raise DamagedFile(
            f"{judged[id][0].place} judges the query {id!r}, which is not in {paths['queries'][0]}.",
            hint="Take queries and qrels of the same version.",
        )
    questions = tuple(_with_wanted(question, judged[question.id]) for question in queries if question.id in judged)
    return Dataset(folder.resolve().name, "collection", questions, digest([*paths["queries"], *paths["qrels"]]))


def read_corpus(folder: Path) -> Iterator[Entry]:
    """Every entry of a collection's corpus.

    Raises: as `read_collection`.
    """
    yield from _entries(folder, _files(folder, "corpus", ""))


@dataclass(frozen=True, slots=True)
class _Judgement:
    place: str
    wanted: Wanted
    document: str
    sources: tuple[str, ...]


def _files(folder: Path, table: str, split: str) -> list[Path]:
    """The files of a table, of this split where they are told apart by it."""
    single = [path for ending in (*ENDINGS, ".parquet") if (path := (folder / table).with_suffix(ending)).is_file()]
    several = sorted(path for path in (folder / table).glob("*") if path.suffix in (*ENDINGS, ".parquet"))
    found = single[:1] or several
    if not found:
        raise UnreadablePath(
            f"There is no {table} in {folder}.",
            hint=f"A collection has queries, corpus and qrels, each as {', '.join(ENDINGS)} or a folder of these.",
        )
    splits = {re.split(r"-\d{5}-of-", path.stem)[0] for path in found}
    if not single and table != "corpus" and len(splits) > 1:
        if split not in splits:
            raise BadRequest(
                f"{folder / table} has no split {split!r}.", hint=f"Name one with --split: {', '.join(sorted(splits))}."
            )
        found = [path for path in found if re.split(r"-\d{5}-of-", path.stem)[0] == split]
    for path in found:
        if path.suffix == ".parquet":
            raise unsupported(path)
    return found


def _entries(folder: Path, paths: list[Path]) -> Iterator[Entry]:
    for row in (row for path in paths for row in read_table(path)):
        id = _named(row, *_IDS, "corpus-id", "corpus_id")
        picture, encoded = _picture(folder, row)
        title, text = _text(row, "title"), _text(row, "text") or _text(row, "markdown")
        yield Entry(
            id=id,
            place=row.place,
            text=f"{title}\n\n{text}".strip(),
            picture=picture,
            encoded=encoded,
            document=_text(row, "doc-id") or _text(row, "doc_id"),
        )


def _picture(folder: Path, row: TableRow) -> tuple[Path | None, bytes]:
    """A picture in the folder, or the bytes of one in base64."""
    value = row.fields.get("image") or row.fields.get("image_path") or row.fields.get("image_filename")
    if isinstance(value, Mapping):
        value = value.get("bytes") or value.get("path")
    if not value:
        return None, b""
    if not isinstance(value, str):
        raise DamagedFile(f"{row.place}: image is neither a path nor base64.", hint="Write either.")
    if Path(value).suffix and len(value) < 1_000:
        path = (folder / value).resolve()
        if not path.is_relative_to(folder.resolve()) or not path.is_file():
            raise DamagedFile(f"{row.place}: there is no picture {value} in the dataset.", hint="Put it there.")
        return path, b""
    try:
        return None, base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise DamagedFile(f"{row.place}: image is neither a path nor base64.", hint="Write either.") from error


def _query(row: TableRow) -> Question:
    text = _named(row, "text", "query")
    answers = row.fields.get("raw_answers")
    several = tuple(str(one) for one in answers if one) if isinstance(answers, list) else ()
    one = _text(row, "answer")
    return Question(
        id=_named(row, *_IDS, "query-id", "query_id"),
        question=text,
        answers=tuple(dict.fromkeys((*((one,) if one else ()), *several))),
        sources=_texts(row, "content_type"),
        document_type=_text(row, "document_type") or _text(row, "doc_type"),
        language=_text(row, "language") or guess_language(text),
    )


def _judgements(rows: list[TableRow], corpus: Mapping[str, Entry]) -> dict[str, list[_Judgement]]:
    """The judgements above 0 of each query that has any judgement."""
    judged: dict[str, list[_Judgement]] = {}
    for row in rows:
        query, id = _named(row, "query-id", "query_id"), _named(row, "corpus-id", "corpus_id")
        score = _named(row, "score")
        try:
            grade = int(float(score))
        except ValueError as error:
            raise DamagedFile(f"{row.place}: score: {score!r} is not a number.", hint="Write 0, 1, 2 …") from error
        if id not in corpus:
            raise DamagedFile(
                f"{row.place} names {id!r}, which the corpus lacks.", hint="Take corpus and qrels of the same version."
            )
        if grade > 0:
            entry = corpus[id]
            wanted = Wanted(entry.name, None, grade)
            if boxes := row.fields.get("bounding_boxes"):
                wanted = replace(wanted, page=1, boxes=_boxes(boxes, row.place, entry.size))
            elif entry.picture or entry.encoded:
                wanted = replace(wanted, page=1)
            judged.setdefault(query, []).append(
                _Judgement(row.place, wanted, entry.document, _texts(row, "content_type"))
            )
    return judged


def _with_wanted(question: Question, judgements: list[_Judgement]) -> Question:
    return replace(
        question,
        wanted=tuple({judgement.wanted.document: judgement.wanted for judgement in judgements}.values()),
        cluster=judgements[0].document,
        sources=question.sources or tuple(dict.fromkeys(one for each in judgements for one in each.sources)),
    )


def _boxes(value: JsonValue, place: str, size: tuple[int, int]) -> tuple[Box, ...]:
    """Boxes in pixels as fractions of the page."""
    width, height = size
    found: list[Box] = []
    for one in value if isinstance(value, list) else [value]:
        edges = [one.get(edge) for edge in ("x1", "y1", "x2", "y2")] if isinstance(one, Mapping) else []
        numbers = [float(edge) for edge in edges if isinstance(edge, int | float)]
        if len(numbers) != 4:
            raise DamagedFile(f"{place}: a box has no x1, y1, x2, y2.", hint="Write numbers, in pixels.")
        (x0, x1), (y0, y1) = sorted((numbers[0], numbers[2])), sorted((numbers[1], numbers[3]))
        fractions = (x0 / width, y0 / height, x1 / width, y1 / height)
        left, top, right, bottom = (min(1.0, max(0.0, edge)) for edge in fractions)
        found.append((left, top, right, bottom))
    return tuple(found)


def _named(row: TableRow, *names: str) -> str:
    """The first of these fields that there is, as text."""
    for name in names:
        value = row.fields.get(name)
        if isinstance(value, str | int | float) and str(value).strip():
            return str(value)
    raise DamagedFile(
        f"{row.place} has no {' or '.join(names)}.", hint=f"Its fields: {', '.join(map(str, row.fields)) or 'none'}."
    )


def _text(row: TableRow, name: str) -> str:
    value = row.fields.get(name)
    return value if isinstance(value, str) else ""


def _texts(row: TableRow, name: str) -> tuple[str, ...]:
    value = row.fields.get(name)
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(str(one) for one in value) if isinstance(value, list) else ()
