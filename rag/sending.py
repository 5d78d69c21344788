"""What a client sends: folders in parts that a server takes, and pictures as data URIs."""

from __future__ import annotations

import base64
import contextlib
import io
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from rag import asking
from rag.asking import Conversation, Request
from rag.errors import BadRequest, FileTooLarge, UnreadablePath, UnsupportedFile
from rag.from_wire import job_from_json, report_of
from rag.query import Like, Part, Words
from rag.types import MODALITIES, CaptionCounts, FailedFile, IngestReport
from rag.wire import LimitsJson

if TYPE_CHECKING:
    from PIL.Image import Image

Parts: TypeAlias = list[tuple[str, tuple[str, io.BufferedReader]]]
"""Of a multipart request: the field, then the file's name and its bytes."""

MOST_BYTES_AT_ONCE = 64 * 2**20
FORM_BYTES = 512
"""Allowed for what stands around each file in a request, beside its name."""
MEDIA_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".bmp": "image/bmp",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".avif": "image/avif",
}


@dataclass(frozen=True, slots=True)
class _Local:
    """A file to send, and the name under which it will be known."""

    path: Path
    name: str
    n_bytes: int

    @property
    def n_sent(self) -> int:
        """Bytes that it takes in a request, at most."""
        return self.n_bytes + len(self.name.encode()) + FORM_BYTES


def send(paths: Sequence[Path], *, progress: bool, collection: str | None) -> Conversation[IngestReport]:
    """Send every file at or below the paths, in as many requests as it takes, each a job; their reports as one.

    Raises: BadRequest if there is no path, or two files would go by one name; UnreadablePath if a path is not there;
        ServerRefused if a job fails as a whole; ServerUnreachable.
    """
    from rag.following import followed
    from rag.ingest_bar import ingest_bar

    if not paths:
        raise BadRequest("There is nothing to ingest.", hint="Name a folder or a file.")
    files = list(_find(paths))
    limits: LimitsJson = (yield from asking.info())["limits"]
    most_bytes = limits["upload_mb"] * 2**20
    failed = [_too_large(file, limits) for file in files if file.n_sent > most_bytes]
    fitting = [file for file in files if file.n_sent <= most_bytes]
    batches = _batches(fitting, most_files=limits["upload_files"], most_bytes=min(most_bytes, MOST_BYTES_AT_ONCE))
    reports = []
    n_done = 0
    with ingest_bar(shown=progress) as bar:
        bar.found(len(fitting))
        for batch in batches:
            bar.reading(f"sending {batch[0].name}" + (f" and {len(batch) - 1} more" * (len(batch) > 1)))
            with contextlib.ExitStack() as opened:
                parts, unreadable = _parts(batch, opened)
                failed += unreadable
                job = job_from_json((yield from asking.told(_upload(parts, collection)))["job"]) if parts else None
            if job is not None:
                reports.append(report_of((yield from followed(job, bar, n_before=n_done))))
            n_done += len(batch)
            bar.done(n_done)
    return _as_one(reports, failed)


def _parts(batch: Sequence[_Local], opened: contextlib.ExitStack) -> tuple[Parts, list[FailedFile]]:
    """The files of a request, opened, and those that cannot be."""
    parts: Parts = []
    failed = []
    for file in batch:
        try:
            parts.append(("files", (file.name, opened.enter_context(file.path.open("rb")))))
        except OSError as error:
            failed.append(FailedFile(file.name, UnreadablePath.code, f"{file.name} cannot be opened: {error}."))
    return parts, failed


def _upload(parts: Parts, collection: str | None) -> Request:
    where = {} if collection is None else {"collection": collection}
    return Request("POST", "/v1/documents", files=parts, data=where)


def _find(paths: Sequence[Path]) -> Iterator[_Local]:
    """Every file at or below the paths, as an ingest in process finds them; hidden ones are passed over."""
    seen: dict[str, Path] = {}
    for named in paths:
        root = Path(os.path.abspath(named.expanduser()))  # noqa: PTH100 - resolve() would follow links
        if not root.exists():
            raise UnreadablePath(f"There is nothing at {named}.", hint="Check the path's spelling.")
        for path in _walk(root) if root.is_dir() else [root]:
            name = path.name if path == root else path.relative_to(root).as_posix()
            if seen.get(name, path) != path:
                raise BadRequest(
                    f"{seen[name]} and {path} would both be known as {name}.", hint="Name the folder above both."
                )
            if name not in seen:
                seen[name] = path
                yield _Local(path, name, path.stat().st_size)


def _walk(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and Path(folder, name).is_file():
                yield Path(folder, name)


def _batches(files: Sequence[_Local], *, most_files: int, most_bytes: int) -> Iterator[list[_Local]]:
    """As many files as go together, in their order but for PDFs, which come last: a page stays with the pictures beside it."""
    batch: list[_Local] = []
    for file in sorted(files, key=lambda file: file.path.suffix.lower() == ".pdf"):
        n_bytes = sum(one.n_sent for one in [*batch, file])
        if batch and (len(batch) == most_files or n_bytes > most_bytes):
            yield batch
            batch = []
        batch.append(file)
    if batch:
        yield batch


def _too_large(file: _Local, limits: LimitsJson) -> FailedFile:
    reason = (
        f"{file.name} is larger than the {limits['upload_mb']} MiB that the service takes."
        " Raise max_upload_mb where it runs."
    )
    return FailedFile(file.name, FileTooLarge.code, reason)


def _as_one(reports: Sequence[IngestReport], failed: Sequence[FailedFile]) -> IngestReport:
    return IngestReport(
        documents=sum(report.documents for report in reports),
        elements={one: sum(report.elements.get(one, 0) for report in reports) for one in MODALITIES},
        pages=sum(report.pages for report in reports),
        added=sum(report.added for report in reports),
        unchanged=sum(report.unchanged for report in reports),
        replaced=sum(report.replaced for report in reports),
        removed=sum(report.removed for report in reports),
        failed=tuple(
            sorted((*failed, *(one for report in reports for one in report.failed)), key=lambda one: one.path)
        ),
        seconds=round(sum(report.seconds for report in reports), 3),
        captions=CaptionCounts(
            made=sum(report.captions.made for report in reports),
            known=sum(report.captions.known for report in reports),
            gaps=sum(report.captions.gaps for report in reports),
            too_small=sum(report.captions.too_small for report in reports),
            reason=next((report.captions.reason for report in reversed(reports) if report.captions.reason), ""),
        ),
    )


def data_uri(image: Image | str | Path) -> str:
    """A picture, or its file as it is, as `data:image/…;base64,…`.

    Raises: UnreadablePath if the file cannot be read; UnsupportedFile if its ending is not a picture's.
    """
    if not isinstance(image, str | Path):
        written = io.BytesIO()
        (image if image.mode in ("RGB", "RGBA", "L") else image.convert("RGBA")).save(written, "PNG")
        return f"data:image/png;base64,{base64.b64encode(written.getvalue()).decode()}"
    path = Path(image)
    media_type = MEDIA_TYPES.get(path.suffix.lower())
    if media_type is None:
        raise UnsupportedFile(f"{path.name} is not a picture.", hint=f"Pictures end in {', '.join(MEDIA_TYPES)}.")
    try:
        return f"data:{media_type};base64,{base64.b64encode(path.expanduser().read_bytes()).decode()}"
    except OSError as error:
        raise UnreadablePath(f"{path} cannot be opened: {error}.", hint="Check the path's spelling.") from error


def part_json(part: Part) -> dict[str, object]:
    """A part of a query in JSON; a picture goes as a data URI, whole.

    Raises: as `data_uri`.
    """
    if isinstance(part, Words):
        return {"text": part.text, "weight": part.weight}
    box = {} if part.box is None else {"box": list(part.box)}
    if isinstance(part, Like):
        return {"like": part.element, "itself": part.itself, "weight": part.weight, **box}
    return {"image": data_uri(part.image), "weight": part.weight, **box}
