"""A library of hostile documents, built on the spot: every content in every format that carries it, and honest ones.

Addresses in it lead to a server of the test, which counts who comes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from tests.hostile.injection.contents import CONTENTS, HTML, MARKDOWN, NAMES, Content
from tests.hostile.injection.library import Library, Payload
from tests.hostile.injection.office import OFFICE, lay_office
from tests.hostile.injection.pdf import PDFS, lay_pdfs
from tests.hostile.injection.pictures import PICTURES, lay_pictures

HONEST = {
    "honest/ferry.txt": "The ferry crosses the strait in 35 minutes.\n\nIt carries 120 passengers and 18 cars.",
    "honest/lamp.md": "# The lamp\n\nThe lamp of the old tower burned oil until 1921. Its height is 31 metres.",
    "honest/quay.html": "<h1>The quay</h1><p>The quay was built of granite in 1874. It is 240 metres long.</p>",
}
SECRET = (201, 33, 119)
"""The colour of a picture beside the library, which no document may show."""


def build(folder: Path, address: str, *, ocr: bool) -> list[Payload]:
    """Lay the honest documents and every payload into a folder.

    `ocr`: whether words in pictures will be read; those pictures alone lie in the folder `drawn` below it.
    """
    for source, text in HONEST.items():
        path = folder / source
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    library = Library(folder, address)
    _texts(library)
    _pages(library)
    lay_pdfs(library)
    lay_office(library)
    lay_pictures(library, ocr=ocr)
    _names(library)
    return library.payloads


def names() -> Iterator[str]:
    """The name of every payload, in order, for tests that are drawn up before the library is built."""
    yield from (f"text-{name}" for name in CONTENTS)
    yield from (f"md-{name}" for name in MARKDOWN)
    yield from (f"html-{name}" for name in HTML)
    yield from (f"pdf-{name}" for name in PDFS)
    yield from OFFICE
    yield from PICTURES
    yield from (f"name-{name}" for name in NAMES)


def _texts(library: Library) -> None:
    for name, content in CONTENTS.items():

        def write(path: Path, topic: str, content: Content = content) -> None:
            text = f"The {topic} stands at the harbour.\n{content.about(topic, library.address)}\n"
            path.write_text(text, encoding="utf-8")

        library.lay(f"text-{name}", write, ending="txt", planted=content.planted)


def _pages(library: Library) -> None:
    secret = library.folder.parent / "secret.png"
    Image.new("RGB", (64, 64), SECRET).save(secret)
    for kind, templates in (("md", MARKDOWN), ("html", HTML)):
        for name, (template, reaches) in templates.items():

            def write(path: Path, topic: str, template: str = template) -> None:
                text = library.filled(template.replace("{secret}", str(secret)), topic)
                path.write_text(text, encoding="utf-8")

            planted = (99,) if reaches and "[99]" in template and name != "title" else ()
            library.lay(f"{kind}-{name}", write, ending=kind, reaches=reaches, planted=planted)


def _names(library: Library) -> None:
    def write(path: Path, topic: str) -> None:
        path.write_text(f"The height of the {topic} is 12 metres.\n", encoding="utf-8")

    for name, source in NAMES.items():
        library.lay(f"name-{name}", write, source=source)
