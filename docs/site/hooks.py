"""The README as the first page, the reference of the requests, and a page for each file that the documents point at.

The documents are read in the repository too, where a link leads to a file; the site has no files beside its own.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from api import reference
from api.app import create_app
from rag.engine import Engine
from rag.settings import load_settings

ROOT = Path(__file__).resolve().parents[2]
DOCS = PurePosixPath("docs")
INDEX = "index.md"
REQUESTS = "requests.md"
_LINK = re.compile(r"(?<=\]\()(?!\w+:|#)([^)#\s]+)")
_LANGUAGE = {".py": "python", ".toml": "toml", ".json": "json", ".yml": "yaml"}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the first page, and those of the files that are pointed at, and at by these."""
    files.append(File.generated(config, INDEX, content=(ROOT / "README.md").read_text(encoding="utf-8")))
    document = _described()
    files.append(File.generated(config, REQUESTS, content="\n".join(_requests(document))))
    files.append(File.generated(config, "openapi.json", content=json.dumps(document, indent=1)))
    waiting = [_of_repository(file.src_uri) for file in files.documentation_pages()]
    while waiting:
        page = waiting.pop()
        for target in _targets(page):
            uri = _uri(target)
            if files.get_file_from_path(uri) is None:
                files.append(_page_of(target, uri, config))
                waiting.append(target)
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001 - mkdocs's own
    """Lead each link to the page that stands for its file."""
    here = _of_repository(page.file.src_uri)

    def moved(link: re.Match[str]) -> str:
        target = _resolved(here, link[1])
        return link[1] if target is None else os.path.relpath(_uri(target), PurePosixPath(page.file.src_uri).parent)

    return _LINK.sub(moved, markdown)


def _described() -> dict[str, Any]:  # Any: an OpenAPI document
    """The service, as it describes itself."""
    with Engine(settings=load_settings()) as engine:
        return create_app(engine).openapi()


def _requests(document: Mapping[str, Any]) -> Iterator[str]:
    """Every request that the service takes, as at its /docs."""
    yield "# Requests\n\n<div>"
    for part in reference.body(document, "http://127.0.0.1:8321"):
        # A blank line would end the HTML, and one heading of the first order is enough.
        one = re.sub(r"\n\s*\n", "\n", part).replace("<h1>", "<p><strong>").replace("</h1>", "</strong></p>")
        yield one.replace("<pre>", "<pre><code>").replace("</pre>", "</code></pre>").replace('"/openapi', '"openapi')
    yield "</div>"


def _of_repository(uri: str) -> PurePosixPath:
    """The file of the repository that a page stands for."""
    if uri == INDEX:
        return PurePosixPath("README.md")
    source = re.fullmatch(r"source/(.+?)(?:\.page)?\.md", uri)
    if source is None:
        return DOCS / uri
    plain, marked = PurePosixPath(source[1]), PurePosixPath(source[1] + ".md")
    return plain if (ROOT / plain).exists() else marked


def _uri(target: PurePosixPath) -> str:
    """The page that stands for a file, or for a folder."""
    if target == PurePosixPath("README.md"):
        return INDEX
    if target.is_relative_to(DOCS) and (ROOT / target).is_file():
        return str(target.relative_to(DOCS))
    return f"source/{target}" if target.suffix == ".md" else f"source/{target}.page.md"


def _resolved(here: PurePosixPath, link: str) -> PurePosixPath | None:
    folder = here if (ROOT / here).is_dir() else here.parent
    target = PurePosixPath(os.path.normpath(folder / link))
    return target if (ROOT / target).exists() and not str(target).startswith("..") else None


def _targets(here: PurePosixPath) -> list[PurePosixPath]:
    file = ROOT / here
    if file.suffix != ".md" or not file.is_file():
        return []
    found = (_resolved(here, link) for link in _LINK.findall(file.read_text(encoding="utf-8")))
    return [target for target in found if target is not None]


def _page_of(target: PurePosixPath, uri: str, config: MkDocsConfig) -> File:
    file = ROOT / target
    if file.is_dir():
        names = sorted(one.name for one in file.iterdir() if one.name[0] not in "._")
        text = f"# {target}\n\n" + "".join(f"- `{name}`\n" for name in names)
        if target == DOCS / "decisions":
            text = f"# {target}\n\n" + "".join(f"- [{name}](../../decisions/{name})\n" for name in names)
        return File.generated(config, uri, content=text)
    if file.suffix == ".md":
        return File.generated(config, uri, content=file.read_text(encoding="utf-8"))
    if file.suffix in (".png", ".svg"):
        return File.generated(config, str(target), abs_src_path=str(file))
    text = file.read_text(encoding="utf-8")
    fence = "`" * (3 + max((len(run) for run in re.findall(r"`+", text)), default=0))
    content = f"# {target}\n\n{fence}{_LANGUAGE.get(file.suffix, 'text')}\n{text}\n{fence}\n"
    return File.generated(config, uri, content=content)
