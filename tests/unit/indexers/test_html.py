"""HTML: headings, tables, pictures, and nothing from elsewhere."""

from __future__ import annotations

import base64
import io
import socket
from pathlib import Path

import pytest
from PIL import Image

from indexers.html import picture_at, read
from indexers.reading import Limits
from indexers.worker import Work, WorkerDesk
from rag.errors import EmptyFile, UnsupportedFile
from rag.types import Element
from tests.desk import Shelf, colour


def square(name: str = "red") -> Image.Image:
    return Image.new("RGB", (16, 16), name)


def data_address(image: Image.Image) -> str:
    written = io.BytesIO()
    image.save(written, "PNG")
    return f"data:image/png;base64,{base64.b64encode(written.getvalue()).decode()}"


def page(shelf: Shelf, body: str, *, head: str = "") -> list[Element]:
    return shelf.read(shelf.put("page.html", f"<html><head>{head}</head><body>{body}</body></html>"))[1]


def texts(elements: list[Element]) -> list[str]:
    return [element.text for element in elements]


def test_headings_become_sections_and_a_higher_one_ends_the_lower(shelf: Shelf) -> None:
    elements = page(shelf, "<h1>Lamps</h1><h2>Oil</h2><p>It burns.</p><h2>Gas</h2><p>It hisses.</p><h1>End</h1>")
    assert [(one.text, one.section) for one in elements] == [
        ("Lamps", ("Lamps",)),
        ("Oil", ("Lamps", "Oil")),
        ("It burns.", ("Lamps", "Oil")),
        ("Gas", ("Lamps", "Gas")),
        ("It hisses.", ("Lamps", "Gas")),
        ("End", ("End",)),
    ]


def test_elements_stand_where_they_say_in_the_running_text(shelf: Shelf) -> None:
    elements = page(shelf, "<h1>Lamps</h1><p>Oil &amp; gas.</p><table><tr><td>a<td>b</table><p>End.")
    running = "\n".join(texts(elements))
    assert all(running[one.start : one.end] == one.text for one in elements)


def test_title_and_facts_come_from_the_head(shelf: Shelf) -> None:
    head = "<title>The  Lamp</title><meta name=Author content='Ann Keeper'><meta name=robots content=none>"
    reading, _ = shelf.read(shelf.put("page.html", f"<html><head>{head}</head><body>Lit.</body></html>"))
    assert (reading.title, reading.metadata) == ("The Lamp", {"author": "Ann Keeper"})
    assert (reading.media_type, reading.n_pages) == ("text/html", 1)


@pytest.mark.parametrize("tag", ["script", "style", "noscript", "template", "nav", "svg", "button", "form"])
def test_what_no_reader_sees_as_text_is_left_out(shelf: Shelf, tag: str) -> None:
    assert texts(page(shelf, f"<p>Seen.</p><{tag}>unseen</{tag}><p>Too.</p><!-- unseen -->")) == ["Seen.", "Too."]


def test_what_is_hidden_is_left_out(shelf: Shelf) -> None:
    assert texts(page(shelf, "<p>Seen.<span hidden> unseen</span></p><div hidden>unseen</div>")) == ["Seen."]


def test_words_in_inline_tags_stay_one_paragraph(shelf: Shelf) -> None:
    assert texts(page(shelf, "<p>The <b>keep</b>er <a href='x.html'>lit</a> the\n lamp.</p>")) == [
        "The keeper lit the lamp."
    ]


def test_code_keeps_its_lines(shelf: Shelf) -> None:
    assert texts(page(shelf, "<pre>if dark:\n    light()\n</pre>")) == ["if dark:\n    light()"]


def test_a_table_is_one_element_with_its_caption_and_a_line_per_row(shelf: Shelf) -> None:
    table = "<table><caption>Lamps</caption><tr><th>Name<th>Year<tr><td>First<td>1901</table>"
    text, element = page(shelf, f"<p>Two lamps.</p>{table}")
    assert (element.modality, element.text) == ("table", "Lamps\nName | Year\nFirst | 1901")
    assert element.context == text.text


def test_a_spanned_cell_stands_in_every_place_that_it_fills(shelf: Shelf) -> None:
    (element,) = page(shelf, "<table><tr><td rowspan=2>A<td colspan=2>B<tr><td>C<td>D</table>")
    assert element.text == "A | B | B\nA | C | D"


@pytest.mark.parametrize("span", ["0", "-1", "x", "99999999999", "1e9"])
def test_an_impossible_span_does_no_harm(shelf: Shelf, span: str) -> None:
    (element,) = page(shelf, f"<table><tr><td rowspan='{span}'>A<td>B<tr><td>C<td>D</table>")
    assert element.text.startswith("A | B")


def test_a_table_that_lays_out_the_page_is_read_as_text(shelf: Shelf) -> None:
    elements = page(shelf, "<table><tr><td><p>One.</p><p>Two.</p></td></tr></table>")
    assert [(one.modality, one.text) for one in elements] == [("text", "One."), ("text", "Two.")]


def test_a_picture_has_alt_text_title_and_the_paragraph_beside_it(shelf: Shelf) -> None:
    shelf.put("pictures/lamp.png", square())
    _, text, picture = page(shelf, "<h1>Lamps</h1><p>It is red.</p><img src='pictures/lamp.png' alt='A lamp' title=T>")
    assert (picture.modality, picture.text, picture.section) == ("image", "A lamp\nT", ("Lamps",))
    assert picture.context == text.text
    assert colour(shelf.picture(picture)) == "red"


def test_a_figures_caption_goes_to_its_picture_and_its_other_text_is_kept(shelf: Shelf) -> None:
    shelf.put("lamp.png", square())
    body = "<figure><img src=lamp.png alt='A lamp'><p>Oil inside.</p><figcaption>Figure 1: Lamp</figcaption></figure>"
    picture, text = page(shelf, body)
    assert (picture.text, text.text) == ("Figure 1: Lamp\nA lamp", "Oil inside.")
    assert picture.media is not None


def test_each_picture_in_a_figure_bears_the_caption_and_none_after_it(shelf: Shelf) -> None:
    body = "<figure><img alt=a><img alt=b><figcaption>Two</figcaption></figure><img alt=c>"
    assert texts(page(shelf, body)) == ["Two\na", "Two\nb", "c"]


def test_a_caption_without_a_picture_is_text(shelf: Shelf) -> None:
    assert texts(page(shelf, "<figure><pre>x = 1</pre><figcaption>Code 1</figcaption></figure>")) == ["x = 1", "Code 1"]


@pytest.mark.parametrize(
    "attributes",
    ["srcset='a.png 1x, b.png 2x'", "srcset='gone.png 100w, b.png 200w'", "src=gone.png srcset='b.png'"],
)
def test_the_first_picture_of_a_srcset_that_is_here_is_taken(shelf: Shelf, attributes: str) -> None:
    shelf.put("b.png", square("blue"))
    (picture,) = page(shelf, f"<picture><img {attributes} alt=x></picture>")
    assert colour(shelf.picture(picture)) == "blue"


def test_a_picture_in_a_data_address_is_kept(shelf: Shelf) -> None:
    plain, in_set = page(shelf, f"<img src='{data_address(square())}'><img srcset='{data_address(square('blue'))} 2x'>")
    assert [colour(shelf.picture(one)) for one in (plain, in_set)] == ["red", "blue"]


@pytest.mark.parametrize(
    "address", ["data:image/png;base64,AAAA", "data:image/png;base64,!", "data:text/plain,hello", "data:", "gone.png"]
)
def test_a_picture_that_cannot_be_read_leaves_its_alt_text(shelf: Shelf, address: str) -> None:
    (picture,) = page(shelf, f"<img src='{address}' alt='A lamp'>")
    assert (picture.modality, picture.text, picture.media) == ("image", "A lamp", None)


def test_a_picture_without_file_and_words_is_nothing(shelf: Shelf) -> None:
    assert texts(page(shelf, "<p>Lit.</p><img src=gone.png alt=''>")) == ["Lit."]


@pytest.mark.parametrize("scheme", ["http:", "https:", ""])
def test_a_remote_picture_is_never_fetched(shelf: Shelf, scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        address = f"{scheme}//127.0.0.1:{server.getsockname()[1]}/lamp.png"
        (picture,) = page(shelf, f"<img src='{address}' alt='A lamp'>", head=f"<link rel=stylesheet href='{address}'>")
        with pytest.raises(TimeoutError):
            server.accept()
    assert (picture.text, picture.media) == ("A lamp", None)


@pytest.mark.parametrize("address", ["lamp.png", "deep/er/lamp.png", "../pictures/lamp.png", "l%C3%A1mp.png?v=2#top"])
def test_a_page_shows_pictures_of_its_folder_and_of_those_beside_it(shelf: Shelf, address: str) -> None:
    for name in ("docs/lamp.png", "docs/deep/er/lamp.png", "pictures/lamp.png", "docs/lámp.png"):
        shelf.put(name, square())
    assert isinstance(picture_at(address, shelf.put("docs/page.html", "x")), Path)


@pytest.mark.parametrize("address", ["../../images/lamp.png", "/images/lamp.png", "../lamp.png"])
def test_a_page_shows_pictures_from_anywhere_in_the_folder_that_was_ingested(shelf: Shelf, address: str) -> None:
    for name in ("images/lamp.png", "docs/lamp.png"):
        shelf.put(name, square())
    path = shelf.put("docs/guide/page.html", f"<img src='{address}' alt='A lamp'>")
    (picture,) = shelf.read(path)[1]
    assert picture.media is not None
    assert picture_at("../../../secret.png", path, root=shelf.folder) is None


def test_a_page_shows_nothing_from_outside_of_the_folders_that_may_be_read(shelf: Shelf) -> None:
    shelf.put("other/secret.png", square())
    shelf.put("docs/lamp.png", square())
    path = shelf.put("docs/page.html", "<img src='../other/secret.png' alt='A'><img src='lamp.png' alt='B'>")
    assert [one.media is not None for one in shelf.read(path)[1]] == [True, True]
    desk = WorkerDesk(Work(media=shelf.folder.parent / "kept", ocr=False, limits=Limits(), within=(path.parent,)))
    assert [(one.text, one.media is not None) for one in read(path, desk).elements] == [("A", False), ("B", True)]


@pytest.mark.parametrize(
    "address",
    [
        "../secret.png",
        "../../secret.png",
        "../../other/secret.png",
        "%2e%2e/%2e%2e/other/secret.png",
        "../.hidden/secret.png",
        ".hidden/secret.png",
        "link.png",
        "links/secret.png",
        "/etc/hostname",
        "file:///etc/hostname",
        "..",
        "\x00",
        "http://[",
        "x" * 5000,
    ],
)
def test_a_page_reaches_nothing_else_on_the_disk(shelf: Shelf, address: str) -> None:
    places = ("secret.png", "../secret.png", "../other/secret.png", ".hidden/secret.png", "docs/.hidden/secret.png")
    for name in places:
        shelf.put(name, square())
    path = shelf.put("docs/page.html", "x")
    (path.parent / "link.png").symlink_to("../../other/secret.png")
    (path.parent / "links").symlink_to("../../other")
    assert picture_at(address, path) is None


@pytest.mark.parametrize("address", ["ring.png", "ring/lamp.png"])
def test_links_in_a_ring_are_no_picture(shelf: Shelf, address: str) -> None:
    (shelf.folder / "ring.png").symlink_to("ring.png")
    (shelf.folder / "ring").symlink_to("ring")
    assert picture_at(address, shelf.put("page.html", "x")) is None


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("gb2312", "gb18030"),  # pages say gb2312 and mean more
        ("shift_jis", "cp932"),
        ("euc-jp", "euc_jp"),
        ("UTF-8", "utf-8"),
        ("utf-16", "utf-8"),
        ("iso-8859-1", "utf-8"),  # saved anew, with the declaration left
        ("nonsense", "utf-8"),
        ("utf-8", "utf-16"),  # a byte order mark wins
    ],
)
def test_a_page_is_read_in_its_encoding(shelf: Shelf, declared: str, encoding: str) -> None:
    text = "灯台の镕" if encoding == "gb18030" else "灯台の光"
    data = f"<html><head><meta charset='{declared}'></head><body><p>{text}</p></body></html>".encode(encoding)
    _, (element,) = shelf.read(shelf.put("page.html", data))
    assert element.text == text


def test_latin_1_is_what_browsers_make_of_it(shelf: Shelf) -> None:
    data = "<meta http-equiv=Content-Type content='text/html; charset=iso-8859-1'><p>“L'été” – 5 €".encode("cp1252")
    _, (element,) = shelf.read(shelf.put("page.html", data))
    assert element.text == "“L'été” – 5 €"


def test_xhtml_with_a_declaration_is_read(shelf: Shelf) -> None:
    text = '<?xml version="1.0" encoding="UTF-8"?>\n<html xmlns="http://www.w3.org/1999/xhtml"><body><p>灯</p></body></html>'
    _, (element,) = shelf.read(shelf.put("page.xhtml", text))
    assert element.text == "灯"


@pytest.mark.parametrize(
    "body",
    [
        "<p>Lit.<p>Dark.",
        "<div><p>Lit.</div></p></i><p>Dark.",
        "<p>Lit.</p><p>Dark.</p></body></html></html>",
        "<p>Lit.</p>\x00<p>Dark.</p>",
        "<p a='1' a=2 =>Lit.</p><p>Dark.</p><!-- open",
    ],
)
def test_broken_markup_is_mended(shelf: Shelf, body: str) -> None:
    assert texts(page(shelf, body)) == ["Lit.", "Dark."]


def test_nesting_without_end_costs_the_depth_and_not_the_page(shelf: Shelf) -> None:
    assert "Lit." in texts(page(shelf, "<p>Lit.</p>" + "<div>" * 20_000 + "deep"))


def test_entities_do_not_multiply(shelf: Shelf) -> None:
    entities = '<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    path = shelf.put("page.html", f"<!DOCTYPE html [{entities}]><html><body><p>Lit. &b;</p></body></html>")
    assert sum(len(one.text) for one in shelf.read(path)[1]) < 300


@pytest.mark.parametrize(
    "contents", ["<html></html>", "<html><body><script>x</script></body></html>", "  \n", "<!-- x -->"]
)
def test_a_page_without_words_and_pictures_is_refused_as_empty(shelf: Shelf, contents: str) -> None:
    with pytest.raises(EmptyFile):
        shelf.read(shelf.put("page.html", contents))


def test_a_picture_called_html_is_refused(shelf: Shelf) -> None:
    square().save(shelf.folder / "page.png")
    with pytest.raises(UnsupportedFile, match=r"page\.html"):
        shelf.read((shelf.folder / "page.png").rename(shelf.folder / "page.html"))
