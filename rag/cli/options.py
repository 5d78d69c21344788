"""The options that several commands share, and how what they say is read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rag.errors import BadRequest
from rag.types import MODALITIES, Filters, Modality

StoreOption = Annotated[
    Path | None, typer.Option("--store", help="Folder of the store. Default: .sightline here, or SIGHTLINE_STORE.")
]
EncoderOption = Annotated[
    str | None,
    typer.Option(
        "--encoder",
        help="Models that place text and pictures, separated by commas: builtin, open_clip:MODEL/TAG,"
        " open_clip:local-dir:DIR, text:NAME_OR_DIR. Default: those that the store was made with.",
    ),
]
LateOption = Annotated[
    str | None,
    typer.Option(
        "--late",
        help="Late-interaction model that also finds pages by their pictures: late:NAME_OR_DIR. Default: the one that the"
        " store was made with; none for a new store.",
    ),
]
RouteOption = Annotated[
    str | None,
    typer.Option(
        "--route",
        help="How pictures are found: shared (by their looks), caption (by the words about and in them), fused (both, and"
        " BM25; the default).",
    ),
]
RerankerOption = Annotated[
    str | None,
    typer.Option(
        "--reranker",
        help="Model that reads the best hits once more beside the question: cross:NAME_OR_DIR, vlm:NAME_OR_DIR.",
    ),
]
GeneratorOption = Annotated[
    str | None,
    typer.Option(
        "--generator",
        help="Model that writes answers: extractive (the default: quotes, needs no model), transformers:NAME_OR_DIR,"
        " chat:PROVIDER:MODEL. Several by commas let a request choose.",
    ),
]
DownloadOption = Annotated[bool | None, typer.Option("--allow-download", help="Let weights be fetched from a hub.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
NumberOption = Annotated[int, typer.Option("-k", "--top-k", min=1, max=1000, help="How many hits.")]
DocumentOption = Annotated[
    list[str] | None, typer.Option("--document", "-d", help="Only in this document: file name, path or id. Repeatable.")
]
ModalityOption = Annotated[
    list[str] | None, typer.Option("--modality", "-m", help="Only text, image, table or page. Repeatable.")
]
PagesOption = Annotated[str | None, typer.Option("--pages", help="Only these pages, for instance 3 or 2-9.")]
PathOption = Annotated[str | None, typer.Option("--path", help="Only sources that match this glob, like 'reports/**'.")]
MetadataOption = Annotated[
    list[str] | None, typer.Option("--metadata", help="Only documents with this metadata, KEY=VALUE. Repeatable.")
]
CollectionsOption = Annotated[
    list[str] | None, typer.Option("--collection", "-c", help="Only in this collection. Repeatable.")
]
CollectionOption = Annotated[str | None, typer.Option("--collection", "-c", help="Only in this collection.")]
ImageOption = Annotated[
    list[str] | None,
    typer.Option(
        "--image",
        metavar="FILE",
        help="Search by this picture, alone or with words. Repeatable. A weight goes behind the value, here and below:"
        " car.png^0.5 counts half as much as the words, car.png^-1 keeps away from it.",
    ),
]
LikeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--like",
        metavar="ELEMENT",
        help="Search by the picture of a hit, named by its element, which --explain and --json show. Repeatable.",
    ),
]
BoxOption = Annotated[
    str | None,
    typer.Option(
        "--box",
        metavar="X0,Y0,X1,Y1",
        help="Only this part of the picture of --image or --like: fractions of it from its top left, like 0,0,0.5,0.5.",
    ),
]
WithoutOption = Annotated[
    list[str] | None, typer.Option("--without", metavar="WORDS", help="Keep away from these words. Repeatable.")
]


def read_filters(
    document: list[str] | None,
    modality: list[str] | None,
    *,
    pages: str | None,
    path: str | None,
    metadata: list[str] | None,
    collection: list[str] | None,
) -> Filters:
    """What the options let through.

    Raises: BadRequest if one of them cannot be what it is.
    """
    return Filters(
        document=tuple(document or ()),
        modality=tuple(_modality(name) for name in modality or ()),
        pages=_pages(pages),
        path=path,
        metadata=dict(_pair(text) for text in metadata or ()),
        collection=tuple(collection or ()),
    )


def _modality(name: str) -> Modality:
    for known in MODALITIES:
        if name == known:
            return known
    raise BadRequest(f"There is no modality {name!r}.", hint=f"Modalities: {', '.join(MODALITIES)}.")


def _pages(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    first, _, last = text.partition("-")
    if not first.isdecimal() or not (last or first).isdecimal() or not 1 <= int(first) <= int(last or first):
        raise BadRequest(f"--pages cannot be {text!r}.", hint="Name a page, as in 3, or a range, as in 2-9.")
    return int(first), int(last or first)


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise BadRequest(f"--metadata cannot be {text!r}.", hint="Write KEY=VALUE.")
    return key, value
