"""Where a setting meets a class: the composition root.

The only file of `rag` that may import `indexers`, `api` and `eval`, and only inside its functions, so that loading it loads
nothing (docs/decisions/0001-composition-root.md).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import BadSetting
from rag.protocols import Captioner, Encoder, Generator, Reranker
from rag.settings import Settings
from rag.types import DEFAULT_COLLECTION

if TYPE_CHECKING:
    from PIL.Image import Image
    from typer import Typer

    from indexers.ingest import Event, Options
    from indexers.jobs import Runner, Take
    from indexers.plan import Plan
    from indexers.reindex import OnStep, Reindexed, Todo
    from rag.late.encoder import LateEncoder
    from rag.opened import Opened
    from rag.store.jobs import Claimed, FileNews, JobTable
    from rag.store.rows import Encoded
    from rag.store.store import Store
    from rag.types import Document, Element, Hit, IngestReport

_LOADED = {"device": "device", "allow_download": "allow_download"}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of model that a setting may name."""

    forms: tuple[str, ...]
    """How it is named: what stands before the colon is the kind, what follows is handed over."""
    made_by: str
    """The class, by module and name; imported when the first of its kind is made."""
    takes: Mapping[str, str] = field(default_factory=dict)
    """Its keyword arguments, each with the setting that it gets."""

    @property
    def kind(self) -> str:
        """`open_clip` of `open_clip:MODEL/TAG`."""
        return self.forms[0].partition(":")[0]

    @property
    def takes_a_model(self) -> bool:
        """Whether something follows the colon."""
        return ":" in self.forms[0]


# A new encoder, generator or reranker is one line here.

ENCODERS = (
    Kind(("builtin",), "rag.encoders.builtin.BuiltinEncoder", {"device": "device"}),
    Kind(("open_clip:MODEL/TAG", "open_clip:local-dir:DIR"), "rag.encoders.clip.ClipEncoder", _LOADED),
    Kind(("text:NAME_OR_DIR",), "rag.encoders.text.TextEncoder", _LOADED),
    Kind(("colours",), "rag.encoders.colours.ColourEncoder"),
)
LATE = (Kind(("late:NAME_OR_DIR",), "rag.late.encoder.LateEncoder", _LOADED),)
CAPTIONERS = (
    Kind(
        ("transformers:NAME_OR_DIR",),
        "rag.generators.transformers.TransformersGenerator",
        {**_LOADED, "bits": "bits", "most_tokens": "answer_tokens"},
    ),
    Kind(
        ("chat:PROVIDER:MODEL",),
        "rag.generators.chat.ChatGenerator",
        {"base_url": "chat_base_url", "timeout_seconds": "stall_seconds", "most_tokens": "answer_tokens"},
    ),
)
GENERATORS = (
    Kind(("extractive",), "rag.generators.extractive.ExtractiveGenerator", {"encoder": "encoder"}),
    *CAPTIONERS,
)
RERANKERS = (
    Kind(("cross:NAME_OR_DIR",), "rag.rerankers.cross_encoder.CrossEncoderReranker", _LOADED),
    Kind(("vlm:NAME_OR_DIR",), "rag.rerankers.vision.VisionReranker", {**_LOADED, "bits": "bits"}),
)


@dataclass(frozen=True, slots=True)
class Ingestion:
    """How a caller wants an ingest to go; what is a setting comes from the settings."""

    collection: str = DEFAULT_COLLECTION
    """Where the files are put."""
    sync: bool = False
    """Drop from the collection what is gone from the folders."""
    again: bool = False
    """Read and embed also what the store holds already."""
    retry: bool = False
    """Ask the captioner also about the pictures at which it failed before."""
    include: tuple[str, ...] = ()
    """Globs as in .gitignore; only these files where there are any."""
    exclude: tuple[str, ...] = ()
    on_event: Callable[[Event], None] = lambda event: None
    stop: threading.Event = field(default_factory=threading.Event)
    """Set it to end after the documents that are being read."""
    within: tuple[Path, ...] = ()
    """Folders in which every file must really lie, once links are followed; anywhere without any."""
    job: int | None = None
    """The number of the job that it is, the locations that this took before, and who hears what becomes of each file."""
    done_before: Collection[str] = ()
    on_file: Callable[[FileNews], None] = lambda news: None


def open_encoder(name: str, settings: Settings) -> Encoder:
    """Load the encoder of this name.

    Raises: BadSetting if there is no such kind of encoder; ModelNotFound, WeightsDamaged or MissingExtra from the loading.
    """
    if name.startswith("late:"):
        raise BadSetting(f"{name!r} is no encoder.", hint=f"A late-interaction model has its own place: --late {name}")
    encoder: Encoder = _open("encoder", name, ENCODERS, settings)
    return encoder


def open_late(name: str, settings: Settings) -> LateEncoder:
    """Load the late-interaction model of this name.

    Raises: BadSetting if it is no such name, or a model of another kind; ModelNotFound or WeightsDamaged from the loading.
    """
    late: LateEncoder = _open("late-interaction model", name, LATE, settings)
    return late


def open_generator(name: str, settings: Settings, encoder: Encoder | None) -> Generator:
    """Make the generator of this name; the extractive one compares sentences with `encoder`.

    Raises: BadSetting if there is no such generator; ModelNotFound, WeightsDamaged or MissingExtra from the loading.
    """
    generator: Generator = _open("generator", name, GENERATORS, settings, encoder=encoder)
    return generator


def open_captioner(name: str, settings: Settings) -> Captioner:
    """Make the captioner of this name.

    Raises: BadSetting if there is no such captioner; ModelNotFound, WeightsDamaged or MissingExtra from the loading.
    """
    captioner: Captioner = _open("captioner", name, CAPTIONERS, settings)
    return captioner


def open_reranker(name: str, settings: Settings) -> Reranker:
    """Make the reranker of this name.

    Raises: BadSetting if there is no such reranker; ModelNotFound, WeightsDamaged or MissingExtra from the loading.
    """
    reranker: Reranker = _open("reranker", name, RERANKERS, settings)
    return reranker


def _open(role: str, name: str, kinds: Sequence[Kind], settings: Settings, **given: object) -> Any:  # Any: by the table
    kind, colon, model = name.partition(":")
    for one in kinds:
        if one.kind == kind and one.takes_a_model == bool(colon and model):
            module, _, made = one.made_by.rpartition(".")
            named = {
                argument: given[source] if source in given else getattr(settings, source)
                for argument, source in one.takes.items()
            }
            return getattr(import_module(module), made)(*([model] if model else []), **named)
    forms = ", ".join(dict.fromkeys(form for one in kinds for form in one.forms))
    raise BadSetting(f"There is no {role} {name!r}.", hint=f"{role[0].upper()}{role[1:]}s: {forms}.")


def read_picture(path: Path) -> Image:
    """A picture file, upright and in RGB, as the ingest sees it.

    Raises: DamagedFile, UnsupportedFile, FileTooLarge, UnreadablePath.
    """
    from indexers.image import open_picture

    return open_picture(path)


def read_text(image: Image) -> str:
    """The words in a picture, by OCR; empty where the extra `ocr` is not installed."""
    from indexers.ocr import Ocr, available

    return "\n".join(line.text for line in Ocr(threads=0).lines(image)) if available() else ""


def page_picture(store: Store, document: Document, page: int) -> Image | None:
    """A page as a picture; None where the format has no layout. See `indexers.pages.page_picture`."""
    from indexers import pages

    return pages.page_picture(store, document, page)


def pictures_of(store: Store, hit: Hit) -> Sequence[Image]:
    """What a generator that sees is shown of a hit. See `indexers.pages.pictures_of`."""
    from indexers import pages

    return pages.pictures_of(store, hit)


def encode_texts(elements: Sequence[Element], *, encoders: Mapping[str, Encoder]) -> list[Encoded]:
    """Encode what elements say, as an ingest does; see `indexers.encode.encode_texts`."""
    import indexers.encode

    return indexers.encode.encode_texts(elements, encoders=encoders)


def ingest(paths: Sequence[Path], *, opened: Opened, settings: Settings, how: Ingestion) -> IngestReport:
    """Take files into the store, which is made where there is none; see `indexers.ingest.ingest`."""
    import indexers.ingest as story

    store, encoders = opened.ready(create=True)
    options = replace(_options(settings, how, opened.captioner()), late=opened.late())
    return story.ingest(paths, store=store, encoders=encoders, options=options, on_event=how.on_event)


def ingest_uploads(files: Mapping[str, Path], *, opened: Opened, settings: Settings, how: Ingestion) -> IngestReport:
    """Take files that were sent over, by name, into the store; see `indexers.ingest.ingest_files`."""
    import indexers.ingest as story
    from indexers.find import uploaded

    store, encoders = opened.ready(create=True)
    named = [uploaded(path, name) for name, path in files.items()]
    options = replace(_options(settings, how, opened.captioner()), late=opened.late())
    return story.ingest_files(named, store=store, encoders=encoders, options=options, on_event=how.on_event)


def check_paths(paths: Sequence[Path], how: Ingestion) -> None:
    """Raises: UnreadablePath if a path is not there; BadRequest if a glob is none. See `indexers.find.check`."""
    from indexers import find

    find.check(paths, include=how.include, exclude=how.exclude)


def run_job(claimed: Claimed, table: JobTable, take: Take, *, stop: threading.Event) -> IngestReport:
    """Run a job to its end, in this thread; see `indexers.jobs.run`."""
    import indexers.jobs as story

    return story.run(claimed, table, take, stop=stop)


def runner(table: Callable[[], JobTable], take: Take, stopping: threading.Event) -> Runner:
    """A thread that runs what is queued; see `indexers.jobs.Runner`."""
    from indexers.jobs import Runner

    return Runner(table=table, take=take, stopping=stopping)


def plan(
    paths: Sequence[Path], *, store: Store | None, captioner: Captioner | None, settings: Settings, how: Ingestion
) -> Plan:
    """What an ingest would do; see `indexers.plan.plan`."""
    import indexers.plan

    return indexers.plan.plan(paths, store=store, options=_options(settings, how, captioner), on_event=how.on_event)


def reindex(
    store: Store, encoders: Mapping[str, Encoder], *, on_step: OnStep | None, stop: threading.Event | None
) -> Reindexed:
    """Encode what the store holds anew; see `indexers.reindex.reindex`."""
    import indexers.reindex as story

    return story.reindex(store, encoders, on_step=on_step or (lambda step: None), stop=stop)


def plan_reindex(store: Store, encoders: Mapping[str, Encoder]) -> Todo:
    """What a reindex would do; see `indexers.reindex.plan`."""
    import indexers.reindex as story

    return story.plan(store, encoders)


def _options(settings: Settings, how: Ingestion, captioner: Captioner | None) -> Options:
    from indexers.ingest import Options
    from indexers.reading import Limits

    limits = Limits(
        max_file_bytes=settings.max_file_mb * 2**20,
        max_pixels=settings.max_pixels,
        max_pages=settings.max_pages,
        step_seconds=settings.step_seconds,
        memory_bytes=settings.memory_mb * 2**20,
    )
    return Options(
        collection=how.collection,
        sync=how.sync,
        again=how.again,
        include=how.include,
        exclude=how.exclude,
        ocr=settings.ocr,
        n_workers=settings.workers,
        limits=limits,
        captioner=captioner,
        caption_of=settings.caption_of,
        retry=how.retry,
        stop=how.stop,
        within=how.within,
        job=how.job,
        done_before=how.done_before,
        on_file=how.on_file,
    )


def evaluate(arguments: Sequence[str]) -> None:
    """Run `sightline eval` with these arguments; see `eval.cli`."""
    from eval.cli import app

    app(list(arguments), prog_name="sightline eval")


def evaluation() -> Typer:
    """The commands of `sightline eval`; see `eval.cli`."""
    from eval.cli import app

    return app


def serve(settings: Settings, *, as_json: bool = False) -> None:
    """Run the service until it is told to stop; see `api.server`."""
    from api.server import serve

    serve(settings, as_json=as_json)
