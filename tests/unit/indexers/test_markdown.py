"""Markdown: as HTML, with front matter."""

from __future__ import annotations

import pytest
from PIL import Image

from rag.errors import EmptyFile
from rag.types import Element
from tests.desk import Shelf, colour
from tests.unit.indexers.test_html import data_address

GREEN = Image.new("RGB", (16, 16), "green")


def elements(shelf: Shelf, text: str) -> list[Element]:
    return shelf.read(shelf.put("note.md", text))[1]


def test_headings_become_sections(shelf: Shelf) -> None:
    found = elements(shelf, "Lamps\n=====\n\n## Oil ##\n\nIt *burns*.\n\n# End\n")
    assert [(one.text, one.section) for one in found] == [
        ("Lamps", ("Lamps",)),
        ("Oil", ("Lamps", "Oil")),
        ("It burns.", ("Lamps", "Oil")),
        ("End", ("End",)),
    ]


def test_passages_stand_where_they_say_in_the_running_text(shelf: Shelf) -> None:
    path = shelf.put("note.md", "\n\n".join(f"## Night {night}\n\n{'All was well. ' * 90}" for night in range(4)))
    running = "\n".join(one.text for one in shelf.read(path)[1])
    passages = shelf.passages(path)
    assert len(passages) > 8
    assert all(running[one.start : one.end] == one.text for one in passages)
    assert {one.section for one in passages} == {(f"Night {night}",) for night in range(4)}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_front_matter_becomes_title_and_facts(shelf: Shelf, end: str) -> None:
    text = '---\ntitle: "The lamp"\nauthor: Ann Keeper\ntags:\n  - a\n---\n# Heading\n\nLit.\n'.replace("\n", end)
    reading, found = shelf.read(shelf.put("note.md", text))
    assert (reading.title, reading.metadata) == ("The lamp", {"author": "Ann Keeper"})
    assert [one.text for one in found] == ["Heading", "Lit."]


def test_front_matter_may_follow_a_byte_order_mark(shelf: Shelf) -> None:
    reading, _ = shelf.read(shelf.put("note.md", "\ufeff---\ntitle: Lamp\n---\nLit.\n"))
    assert reading.title == "Lamp"


def test_a_rule_at_the_top_is_no_front_matter(shelf: Shelf) -> None:
    assert [one.text for one in elements(shelf, "---\n\nLit.\n")] == ["Lit."]
    assert [one.text for one in elements(shelf, "---\n\nLit.\n\n---\n\nDark.\n")] == ["Lit.", "Dark."]


@pytest.mark.parametrize(("text", "title"), [("# Lamps\n\nLit.", "Lamps"), ("Lit.", "note")])
def test_the_title_is_the_first_heading_or_the_name(shelf: Shelf, text: str, title: str) -> None:
    assert shelf.read(shelf.put("note.md", text))[0].title == title


def test_a_table_is_one_element(shelf: Shelf) -> None:
    text, table = elements(shelf, "Two lamps.\n\n| Name | Year |\n|:--|--:|\n| First | 1901 |\n| Last \\| new | |\n")
    assert (table.modality, table.text) == ("table", "Name | Year\nFirst | 1901\nLast | new | ")
    assert table.context == text.text


@pytest.mark.parametrize("code", ["```python\nif dark:\n    # light\n```", "    if dark:\n        # light"])
def test_code_keeps_its_lines_and_has_no_headings(shelf: Shelf, code: str) -> None:
    found = elements(shelf, f"# Code\n\nSee:\n\n{code}\n")
    assert [one.section for one in found] == [("Code",)] * 3
    assert found[-1].text == "if dark:\n    # light"


def test_lists_and_quotes_are_read(shelf: Shelf) -> None:
    assert [one.text for one in elements(shelf, "- oil\n- gas\n  - town gas\n\n> Lit.\n")] == [
        "oil",
        "gas",
        "town gas",
        "Lit.",
    ]


def test_links_leave_their_words(shelf: Shelf) -> None:
    text = "See [the lamp][1], [oil](oil.md) and <b>gas</b>.\n\n[1]: https://example.org/lamp 'Lamp'\n"
    assert [one.text for one in elements(shelf, text)] == ["See the lamp, oil and gas."]


@pytest.mark.parametrize(
    "picture",
    [
        '![A lamp](pictures/lamp.png "By night")',
        '![A lamp][lamp]\n\n[lamp]: pictures/lamp.png "By night"',
        '![A lamp](<pictures/lamp.png> "By night")',
        '<img src="pictures/lamp.png" alt="A lamp" title="By night">',
        f'![A lamp]({data_address(GREEN)} "By night")',
    ],
)
def test_a_picture_has_alt_text_title_and_the_paragraph_beside_it(shelf: Shelf, picture: str) -> None:
    shelf.put("pictures/lamp.png", GREEN)
    _, text, image = elements(shelf, f"# Lamps\n\nIt is green.\n\n{picture}\n")
    assert (image.modality, image.text, image.section) == ("image", "A lamp\nBy night", ("Lamps",))
    assert image.context == text.text
    assert colour(shelf.picture(image)) == "green"


def test_a_picture_within_a_paragraph_keeps_its_place(shelf: Shelf) -> None:
    shelf.put("lamp.png", GREEN)
    found = elements(shelf, "Before ![A lamp](lamp.png) after.\n")
    assert [(one.modality, one.text) for one in found] == [("text", "Before"), ("image", "A lamp"), ("text", "after.")]


@pytest.mark.parametrize("address", ["gone.png", "https://example.org/lamp.png", "../../../../etc/lamp.png", "note.md"])
def test_a_picture_that_is_not_here_leaves_its_alt_text(shelf: Shelf, address: str) -> None:
    (image,) = elements(shelf, f"![A lamp]({address})\n")
    assert (image.modality, image.text, image.media) == ("image", "A lamp", None)


@pytest.mark.parametrize("text", ["---\ntitle: Lamp\n---\n", "[1]: https://example.org\n"])
def test_a_note_without_words_is_refused_as_empty(shelf: Shelf, text: str) -> None:
    with pytest.raises(EmptyFile):
        shelf.read(shelf.put("note.md", text))


def test_a_line_break_within_chinese_leaves_no_space(shelf: Shelf) -> None:
    (element,) = shelf.read(shelf.put("a.md", "上面刻着四个字：\n“雾海明灯”。\n钟挂在门口，a bell\nthat rings。"))[1]
    assert element.text == "上面刻着四个字：“雾海明灯”。钟挂在门口，a bell that rings。"
