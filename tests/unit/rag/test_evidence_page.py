"""The evidence page: one file that shows each sentence's place, and nothing that a document could smuggle in."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from rag.evidence_page import write_evidence_page
from rag.types import Answer, Box, Citation, Document, Element, Hit, Hits, Place, Sentence

HOSTILE = """"><script>alert('x')</script><img src=http://evil.example/a.png onerror="alert(1)"> & </style> {0} %s"""
FONT = ImageFont.load_default(18)
RED, BOX = (200, 30, 30), (0.25, 0.5, 0.75, 0.6)


def document(source: str = "report.pdf", media_type: str = "application/pdf", *, title: str = "A report") -> Document:
    return Document(id=source, source=source, title=title, media_type=media_type, n_pages=3)


def answered(
    quote: str,
    *,
    where: Document,
    text: str | None = None,
    box: Box | None = None,
    element: Element | None = None,
    media: str | None = None,
) -> Answer:
    element = element or Element("text", quote, 2, box=box, media=media)
    citation = Citation(quote, 1, where, element.page, box, quote, media)
    hit = Hit(1, 0.9, element, where, {"bm25": 1})
    return Answer("What?", text or quote, True, (citation,), Hits([hit]), Hits(), "extractive", {"total": 0.25})


def unanswered(*hits: Hit) -> Answer:
    return Answer(
        "What?", "Nothing here says so.", False, (), Hits(hits), Hits(), "extractive", {"search": 0.5, "generate": 0.25}
    )


def page_picture(of: Document, page: int) -> Image.Image | None:
    """White pages with a red block where the box is; none for Markdown."""
    if of.media_type == "text/markdown":
        return None
    image = Image.new("RGB", (1240, 1754), "white")
    ImageDraw.Draw(image).rectangle([BOX[0] * 1240, BOX[1] * 1754, BOX[2] * 1240, BOX[3] * 1754], fill=RED)
    return image


def media(digest: str) -> Image.Image:
    return Image.new("RGB", (300, 200), digest)


class Read(HTMLParser):
    """What a browser would make of the file."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def written(tmp_path: Path, *answers: tuple[str, Answer], title: str = "Asked") -> str:
    path = tmp_path / "deep" / "answers.html"
    assert write_evidence_page(answers, path, page_picture=page_picture, media=media, title=title) == path
    return path.read_text(encoding="utf-8")


def pixels(attributes: dict[str, str | None]) -> Image.Image:
    kind, _, data = (attributes["src"] or "").partition(",")
    assert kind == "data:image/webp;base64"
    return Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")


def colour(image: Image.Image, at: tuple[int, int]) -> tuple[int, int, int]:
    red, green, blue = image.crop((*at, at[0] + 1, at[1] + 1)).tobytes()
    return red, green, blue


def test_a_sentence_leads_to_the_card_with_its_file_page_section_and_quote(tmp_path: Path) -> None:
    element = Element("text", "It rained.", 2, box=BOX, section=("Weather", "Rain"))
    answer = answered("It rained.", where=document(), box=BOX, element=element)
    page = Read(written(tmp_path, ("Did it rain?", answer)))
    ids = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    assert [link["href"] for link in page.all("a")] == ["#q1-e1"]
    assert "q1-e1" in ids
    for words in ("Did it rain?", "report.pdf", "page 2 of 3", "Weather › Rain", "It rained.", "0.25 s"):
        assert words in page.words


def test_the_box_lies_on_the_quoted_place_of_the_page_and_of_the_cut(tmp_path: Path) -> None:
    text = written(tmp_path, ("Where?", answered("Here.", where=document(), box=BOX)))
    page = Read(text)
    boxes = re.findall(r'style="left:([\d.]+)%;top:([\d.]+)%;width:([\d.]+)%;height:([\d.]+)%"', text)
    images = page.all("img")
    assert len(images) == len(boxes) == 2
    for image, box in zip(images, boxes, strict=True):
        picture = pixels(image)
        left, top, width, height = (float(value) / 100 for value in box)
        x0, y0, x1, y1 = left, top, left + width, top + height
        for inset, is_red in ((0.015, True), (-0.015, False)):
            for x, y in ((x0 + inset, y0 + inset), (x1 - inset, y0 + inset), (x0 + inset, y1 - inset)):
                at = (round(x * picture.width), round(y * picture.height))
                assert (colour(picture, at)[1] < 100) is is_red


def test_a_quote_without_layout_is_marked_where_it_stands(tmp_path: Path) -> None:
    passage = f"{'Before it. ' * 80}The lamp was\nlit at dusk. {'After it. ' * 80}"
    element = Element("text", passage, 1, section=("History",))
    answer = answered("The lamp was lit at dusk.", where=document("h.md", "text/markdown"), element=element)
    text = written(tmp_path, ("When?", answer))
    assert "<mark>The lamp was\nlit at dusk.</mark>" in text
    assert "… Before it." in text
    assert "After it. …" in text
    assert "<blockquote" not in text


def test_a_quoted_row_marks_its_cells_in_a_table_without_layout(tmp_path: Path) -> None:
    element = Element("table", "Month | Visitors\nJuly | 365\nAugust | 412", 1)
    answer = answered("August | 412", where=document("t.md", "text/markdown"), element=element)
    text = written(tmp_path, ("How many?", answer))
    assert "<td><mark>August</mark></td><td><mark>412</mark></td>" in text
    assert "<td>July</td><td>365</td>" in text


def test_a_picture_without_layout_is_shown_with_its_caption(tmp_path: Path) -> None:
    element = Element("image", "A blue door", 1, media="blue")
    answer = answered("A blue door", where=document("d.md", "text/markdown"), element=element, media="blue")
    page = Read(written(tmp_path, ("Which door?", answer)))
    (image,) = page.all("img")
    assert image["alt"] == "A blue door"
    red, green, blue = colour(pixels(image), (150, 100))
    assert blue > 200 > 50 > max(red, green)


def test_every_place_of_the_evidence_is_named(tmp_path: Path) -> None:
    also = (Place(document("copy.pdf"), 3, None, "e3"), Place(document(HOSTILE), 1, None, "e1"))
    cited = answered("The same words.", where=document())
    cited = replace(cited, citations=(replace(cited.citations[0], also=also),))
    nearest = unanswered(replace(cited.hits[0], also=also[:1]))
    page = Read(written(tmp_path, ("What?", cited), ("And?", nearest)))
    assert page.words.count("Also in copy.pdf, page 3") == 2
    assert f"{HOSTILE}, page 1" in page.words


def test_an_unanswered_question_says_so_and_shows_the_three_nearest(tmp_path: Path) -> None:
    hits = [
        Hit(rank, 0.5, Element("text", f"Passage {rank}.", 1), document("n.md", "text/markdown"), {})
        for rank in range(1, 6)
    ]
    page = Read(written(tmp_path, ("Why?", unanswered(*hits)), ("And?", unanswered())))
    assert "No answer in this library" in page.words
    assert "Nearest evidence" in page.words
    assert "Passage 3." in page.words
    assert "Passage 4." not in page.words
    assert "2 questions, 0 answered" in page.words
    assert "0.75 s" in page.words


@pytest.mark.parametrize("text", ["One [1] and two. [1]", "One and two."])
def test_sentences_get_their_numbers_with_and_without_marks_in_the_text(tmp_path: Path, text: str) -> None:
    answer = answered("One and two.", where=document(), text=text)
    page = Read(written(tmp_path, ("What?", answer)))
    assert len(page.all("sup")) == text.count("[1]") or not text.count("[1]")
    assert page.all("sup")
    assert "[1]" not in page.words


def test_several_quotes_of_one_place_share_a_card(tmp_path: Path) -> None:
    first = answered("One.", where=document(), box=(0.1, 0.1, 0.4, 0.12))
    second = answered("Two.", where=document(), box=(0.1, 0.2, 0.4, 0.22))
    both = Answer(
        "?", "One. Two.", True, first.citations + second.citations, first.hits, Hits(), "extractive", {"total": 1.0}
    )
    text = written(tmp_path, ("What?", both))
    assert text.count('class="card"') == 1
    assert len(Read(text).all("blockquote")) == 2
    assert len(Read(text).all("sup")) == 2


def test_a_place_that_fills_its_page_is_shown_once(tmp_path: Path) -> None:
    answer = answered("All of it.", where=document(), box=(0.0, 0.0, 1.0, 1.0))
    assert len(Read(written(tmp_path, ("What?", answer))).all("img")) == 1


def test_hostile_words_stay_words(tmp_path: Path) -> None:
    source = document(HOSTILE, title=HOSTILE)
    plain = document(HOSTILE, "text/markdown", title=HOSTILE)
    element = Element("text", f"Before {HOSTILE} after", 2, section=(HOSTILE,))
    table = Element("table", f"{HOSTILE} | 1\n2 | 3", 1)
    image = Element("image", HOSTILE, 1, media="red")
    answers = [
        answered(HOSTILE, where=source, box=BOX),
        answered(HOSTILE, where=plain, element=element),
        answered(HOSTILE, where=plain, element=table),
        answered(HOSTILE, where=plain, element=image, media="red"),
        Answer(HOSTILE, HOSTILE, False, (), Hits([Hit(1, 1.0, image, plain, {})]), Hits(), HOSTILE, {}),
    ]
    text = written(tmp_path, *((HOSTILE, answer) for answer in answers), title=HOSTILE)
    page = Read(text)
    known = {"html", "head", "meta", "title", "style", "body", "header", "h1", "h2", "h3", "p", "nav", "ol", "li", "a", "span",
             "main", "section", "div", "sup", "cite", "blockquote", "figure", "figcaption", "img", "details", "summary", "mark",
             "table", "tr", "td", "strong", "footer"}  # fmt: skip
    assert {tag for tag, _ in page.tags} <= known
    for tag, attributes in page.tags:
        assert not any(name.startswith("on") for name in attributes), tag
        for name in ("src", "href"):
            assert (attributes.get(name) or "#").startswith(("data:image/webp;base64,", "#"))
    assert page.words.count("<script>alert('x')</script>") >= len(answers)


def test_every_picture_has_a_description_and_every_link_a_target(tmp_path: Path) -> None:
    answers = [(f"Question {number}?", answered("Here.", where=document(), box=BOX)) for number in range(6)]
    text = written(tmp_path, *answers)
    page = Read(text)
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {link["href"] for link in page.all("a")} <= {f"#{name}" for name in ids}
    assert all(image["alt"] for image in page.all("img"))
    assert "default-src 'none'" in text


def test_six_answers_with_three_full_pages_each_stay_under_four_megabytes(tmp_path: Path) -> None:
    dense = Image.new("RGB", (1240, 1754), "white")
    for line in range(48):
        ImageDraw.Draw(dense).text((90, 100 + line * 32), "The lamp was lit and the fog came down. " * 2, "black", FONT)
    where = document()
    citations = tuple(
        Citation(f"S{n}.", n, where, n, (0.1, 0.1 * n, 0.5, 0.1 * n + 0.05), f"S{n}.", None) for n in (1, 2, 3)
    )
    answer = Answer("?", "S1. S2. S3.", True, citations, Hits(), Hits(), "extractive", {"total": 0.1})
    path = tmp_path / "a.html"
    write_evidence_page([("What?", answer)] * 6, path, page_picture=lambda *_: dense, media=media)
    assert path.stat().st_size < 4_000_000


def test_chinese_is_named_as_chinese(tmp_path: Path) -> None:
    answer = answered("铜钟重八十六公斤。", where=document("z.md", "text/markdown", title="海燕号"))
    page = Read(written(tmp_path, ("铜钟有多重？", answer)))
    assert page.all("h2")[0]["lang"] == "zh"


def test_what_the_evidence_does_not_bear_out_is_said_beside_the_answer(tmp_path: Path) -> None:
    answer = answered(
        "The tower is 38 m high.", where=document(), text="The tower is 38 m high. [1] It has 9 bells. [1, 2]"
    )
    doubted = replace(
        answer,
        sentences=(
            Sentence("The tower is 38 m high.", (1,), "supported"),
            Sentence("It has 9 <b>bells</b>.", (1,), "unsupported", ("9",)),
        ),
    )
    page = write_evidence_page([("?", doubted)], tmp_path / "a.html", page_picture=page_picture, media=media)
    written = page.read_text(encoding="utf-8")
    assert "Not in its evidence: 9 <q>It has 9 &lt;b&gt;bells&lt;/b&gt;.</q>" in written
    assert 'class="doubts"' in written
    assert "<q>The tower" not in written
