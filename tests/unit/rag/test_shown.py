"""Results in a notebook, a terminal and pandas: all is there, nothing of a document is taken for ours, and it stays small."""

from __future__ import annotations

import base64
import copy
import io
import pickle
import re
import sys
from dataclasses import asdict
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from markdown_it import MarkdownIt
from PIL import Image

from rag.errors import MissingExtra, UnknownDocument
from rag.evidence_cards import Pictures
from rag.shown.rows import CITATION_COLUMNS, DOCUMENT_COLUMNS, FAILED_COLUMNS, HIT_COLUMNS
from rag.shown.shown import Shown
from rag.types import (
    Answer,
    Box,
    Citation,
    Document,
    Documents,
    Element,
    FailedFile,
    Found,
    Hit,
    Hits,
    IngestReport,
    Note,
    Place,
    Sentence,
)

HOSTILE = """"><script>alert('x')</script><img src=http://evil.example/a.png onerror="alert(1)"> & </style> \x1b[2J\u202e
# heading | [link](http://evil.example) ![i](http://evil.example/b.png) $a$ `c` <!-- **b**"""
REPORT = Document("d" * 64, "reports/annual.pdf", "Annual report", "application/pdf", 9)
BOX: Box = (0.25, 0.5, 0.75, 0.6)
RED, BLUE = (200, 30, 30), (20, 40, 210)


def page(document: Document, number: int) -> Image.Image | None:
    if document.source.endswith(".md"):
        return None
    return Image.new("RGB", (1240, 1754), RED)


def drawn(media: tuple[int, int, int] = BLUE) -> Pictures:
    return Pictures(
        page=page,
        media=lambda digest: Image.new("RGB", (900, 600), media),
        address=lambda document, number, box: f"http://here/{document.id[:4]}/{number}?box={box}",
    )


def hit(text: str = "The lamp burns.", *, rank: int = 1, document: Document = REPORT, **fields: object) -> Hit:
    values = {"modality": "text", "page": 2, "box": BOX, "id": f"e{rank}", **fields}
    return Hit(rank, 0.5, Element(text=text, **values), document, {"bm25": rank, "dense:x": 2})  # type: ignore[arg-type]


def answered(text: str = "It was 47.2.", *, document: Document = REPORT, pictures: Pictures | None = None) -> Answer:
    citation = Citation(text, 1, document, 2, BOX, text, None, (Place(REPORT, 7, None, "e9"),))
    hits = Hits([hit(text, document=document)], pictures)
    images = Hits([hit("", rank=2, modality="image", media="ab", caption=text)], pictures)
    sentences = (Sentence(text, (1,), "supported"), Sentence(f"More {text}", (), "uncited"))
    return Answer("How strong?", f"{text} [1]", True, (citation,), hits, images, "m", {"total": 0.25}, sentences)


class Tags(HTMLParser):
    """Every tag with its attributes, and every word outside of a style."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self._style = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._style = False

    def handle_data(self, data: str) -> None:
        self.words += "" if self._style else data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def opened(address: str | None) -> Image.Image:
    head, _, data = (address or "").partition(",")
    assert head == "data:image/webp;base64"
    return Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")


def near(pixel: object, colour: tuple[int, int, int]) -> bool:
    return bool(np.abs(np.array(pixel) - np.array(colour)).max() < 60)


def test_hits_show_each_page_with_its_box_drawn_its_score_and_its_link() -> None:
    tags = Tags(Hits([hit()], drawn())._repr_html_())
    (image,) = tags.all("img")
    thumb = opened(image["src"])
    assert thumb.width == int(image["width"] or 0) == 320
    left, middle = int(BOX[0] * thumb.width), int(0.55 * thumb.height)
    assert any(near(thumb.getpixel((x, middle)), (217, 72, 15)) for x in range(left - 5, left + 2))
    assert near(thumb.getpixel((thumb.width // 2, middle)), RED)
    assert {link["href"] for link in tags.all("a")} == {f"http://here/dddd/2?box={BOX}"}
    assert "reports/annual.pdf, page 2" in tags.words
    assert "0.500" in tags.words
    assert "The lamp burns." in tags.words


def test_a_picture_shows_itself_and_a_text_without_layout_its_words() -> None:
    notes = Document("n" * 64, "notes.md", "Notes", "text/markdown", 1)
    hits = Hits([hit(modality="image", media="ab"), hit("Only words.", rank=2, document=notes, box=None)], drawn())
    tags = Tags(hits._repr_html_())
    (image,) = tags.all("img")
    assert near(opened(image["src"]).getpixel((10, 10)), BLUE)
    assert "Only words." in tags.words


def test_hits_without_a_place_to_draw_from_are_shown_in_words() -> None:
    def gone(document: Document, number: int) -> Image.Image | None:
        raise UnknownDocument("It is gone.")

    for pictures in (None, Pictures(page=gone, media=lambda digest: Image.new("RGB", (1, 1)))):
        tags = Tags(Hits([hit()], pictures)._repr_html_())
        assert (tags.all("img"), "The lamp burns." in tags.words) == ([], True)
    assert "Nothing found." in Hits()._repr_html_()
    assert "Nothing found." in Hits()._repr_markdown_()


def test_an_answer_leads_from_each_sentence_to_its_footnote_with_the_place_cut_out() -> None:
    tags = Tags(answered(pictures=drawn())._repr_html_())
    (note,) = (attributes["id"] for attributes in tags.all("li") if attributes.get("id"))
    assert f"#{note}" in {link["href"] for link in tags.all("a")}
    cut, figure = (opened(image["src"]) for image in tags.all("img"))
    assert cut.width > 320
    assert near(figure.getpixel((10, 10)), BLUE)
    for told in ("How strong?", "It was 47.2.", "reports/annual.pdf, page 2", "also in reports/annual.pdf, page 7"):
        assert told in tags.words
    assert "No evidence" in tags.words


def test_no_answer_shows_the_nearest_evidence() -> None:
    none = Answer("Who?", "Not here.", False, (), Hits([hit()], drawn()), Hits(), "m", {})
    assert "Not here." in Tags(none._repr_html_()).words
    assert len(Tags(none._repr_html_()).all("img")) == 1
    for told in (str(none), none._repr_markdown_()):
        assert "Not here." in told
        assert "reports/annual.pdf, page 2" in told


HOSTILE_DOCUMENT = Document("h" * 64, HOSTILE, HOSTILE, HOSTILE, 2)
RESULTS: dict[str, Shown] = {
    "hits": Hits(
        [hit(HOSTILE, document=HOSTILE_DOCUMENT), hit(HOSTILE, rank=2, modality="image", media="ab")], drawn()
    ),
    "found": Found(Hits([hit(HOSTILE)], drawn()), (Note("foreign_language", HOSTILE),)),
    "answer": answered(HOSTILE, document=HOSTILE_DOCUMENT, pictures=drawn()),
    "documents": Documents([HOSTILE_DOCUMENT]),
    "report": IngestReport(1, {"text": 1}, 1, 1, 0, 0, 0, (FailedFile(HOSTILE, HOSTILE, HOSTILE),), 0.5),
}


@pytest.mark.parametrize("result", RESULTS.values(), ids=RESULTS)
def test_nothing_that_a_document_says_becomes_a_part_of_the_page(result: Shown) -> None:
    tags = Tags(result._repr_html_())
    assert {tag for tag, _ in tags.tags}.isdisjoint(
        {"script", "link", "iframe", "object", "form", "base", "meta", "h1"}
    )
    for _, attributes in tags.tags:
        assert not any(name.startswith("on") for name in attributes)
        assert (attributes.get("src") or "data:image/webp;").startswith("data:image/webp;")
        assert (attributes.get("href") or "#sl").startswith(("#sl", "http://here/"))
    assert "evil.example" in tags.words
    assert tags.all("div")[0]["class"] == "sightline tex2jax_ignore mathjax_ignore"
    assert len(tags.all("style")) == 1


@pytest.mark.parametrize("result", RESULTS.values(), ids=RESULTS)
def test_nothing_that_a_document_says_becomes_a_part_of_the_markdown(result: Shown) -> None:
    written = result._repr_markdown_()
    rendered = MarkdownIt("commonmark").enable("table").render(written)
    assert {tag for tag, _ in Tags(rendered).tags} <= {"p", "table", "thead", "tbody", "tr", "th", "td", "em", "strong"}
    assert "evil.example" in Tags(rendered).words
    assert "\\$a\\$" in written


@pytest.mark.parametrize("result", RESULTS.values(), ids=RESULTS)
def test_no_control_character_reaches_a_terminal(result: Shown) -> None:
    for told in (str(result), repr(result)):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", told.replace("\\x1b", ""))


@pytest.mark.parametrize(
    "text", ["- a list", "1. a list", "12) a list", "=== a heading", "# a heading", "    code", "> a quote"]
)
def test_markdown_of_a_sentence_is_a_paragraph(text: str) -> None:
    found = Found(Hits(), (Note("picture_read", text),))
    answer = Answer("?", text, True, (), Hits(), Hits(), "m", {})
    for result in (found, answer):
        assert {tag for tag, _ in Tags(MarkdownIt().render(result._repr_markdown_())).tags} <= {"p", "em"}


def test_a_thousand_hits_of_noise_stay_small() -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (320, 320, 3), dtype=np.uint8))
    pictures = Pictures(page=page, media=lambda digest: noise)
    hits = Hits([hit("word " * 2_000, rank=rank, modality="image", media="ab") for rank in range(1, 1_001)], pictures)
    shown = hits._repr_html_()
    assert len(Tags(shown).all("img")) == 24
    assert "… and 900 more" in shown
    assert len(shown) < 2_000_000


def test_words_tell_place_score_and_footnotes() -> None:
    assert str(Hits([hit()])) == "  1. 0.500  reports/annual.pdf, page 2, text: The lamp burns."
    assert repr(Hits([hit()])) == str(Hits([hit()]))
    told = str(answered())
    assert told.splitlines()[0] == "It was 47.2. [1]"
    assert "[1] reports/annual.pdf, page 2: “It was 47.2.” (also in reports/annual.pdf, page 7)" in told
    assert "| 1 | 0.500 | reports/annual.pdf, page 2 | text | The lamp burns. |" in Hits([hit()])._repr_markdown_()


def test_hits_are_a_tuple_that_can_be_cut_compared_and_carried_elsewhere() -> None:
    hits = Hits([hit(), hit(rank=2)], drawn())
    assert tuple(hits) == (hits[0], hits[1])
    assert isinstance(hits[:1], Hits)
    assert hits[:1].pictures is Hits(hits).pictures is hits.pictures
    for carried in (pickle.loads(pickle.dumps(hits)), copy.deepcopy(hits)):
        assert carried == hits
        assert carried.pictures is None
    assert asdict(answered(pictures=drawn()))["hits"][0]["rank"] == 1


def test_pandas_has_a_row_for_each() -> None:
    table = Found(Hits([hit(section=("A", "B")), hit(rank=2, box=None)])).to_pandas()
    assert tuple(table.columns) == HIT_COLUMNS
    assert table["source"].tolist() == ["reports/annual.pdf"] * 2
    assert table.loc[0, ["rank", "page", "section", "found_by", "x0", "y1"]].tolist() == [
        1,
        2,
        "A › B",
        "bm25, dense:x",
        0.25,
        0.6,
    ]
    assert table["x0"].isna().tolist() == [False, True]
    citations = answered().to_pandas()
    assert tuple(citations.columns) == CITATION_COLUMNS
    assert citations.loc[0, ["number", "page", "also"]].tolist() == [1, 2, "reports/annual.pdf, page 7"]
    assert Documents([REPORT]).to_pandas().loc[0, "collections"] == "default"
    failed = IngestReport(0, {}, 0, 0, 0, 0, 0, (FailedFile("a.pdf", "damaged_file", "It is bad."),), 0.1)
    assert failed.to_pandas().to_dict("records") == [{"path": "a.pdf", "code": "damaged_file", "reason": "It is bad."}]
    assert list(Hits().to_pandas().columns) == list(HIT_COLUMNS)


def test_the_columns_are_those_of_the_documents() -> None:
    text = (Path(__file__).resolve().parents[3] / "docs/client.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(Hits|Answer|Documents|IngestReport)`.*? \| (`.+`) \|$", text, re.MULTILINE)
    told = {name: tuple(re.findall(r"`(\w+)`", columns)) for name, columns in rows}
    assert told == {
        "Hits": HIT_COLUMNS,
        "Answer": CITATION_COLUMNS,
        "Documents": DOCUMENT_COLUMNS,
        "IngestReport": FAILED_COLUMNS,
    }


def test_without_pandas_the_line_that_installs_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtra, match="pip install pandas"):
        Hits([hit()]).to_pandas()


def test_ipython_in_a_terminal_is_told_in_words() -> None:
    class Printer:
        said = ""

        def text(self, words: str) -> None:
            self.said += words

    printer = Printer()
    answered()._repr_pretty_(printer, False)
    assert printer.said == str(answered())
