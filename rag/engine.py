"""Sightline in this process: ingest folders, search them, ask them. `Client` has the same methods over HTTP."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Unpack, overload

from rag import language, wiring
from rag.errors import BadRequest, StoreNotFound
from rag.evidence_cards import Pictures
from rag.jobs import Jobs
from rag.opened import Opened
from rag.protocols import Reranker
from rag.query import Part, check
from rag.settings import Settings, load_settings
from rag.stages import Listener, Stages
from rag.to_wire import collection_json, failed_json
from rag.types import (
    Answer,
    AnswerEvent,
    Asking,
    Collection,
    Document,
    Documents,
    FailedFile,
    Filters,
    Found,
    Hit,
    Hits,
    IngestReport,
    Job,
    JobFile,
    JobFileState,
    JobState,
    JsonValue,
    Note,
    Route,
    Turn,
)
from rag.wire import StatusJson

if TYPE_CHECKING:
    from PIL.Image import Image

    from indexers.plan import Plan
    from indexers.reindex import OnStep, Reindexed, Todo
    from rag.store.jobs import JobTable

MOST_HITS = 1_000
DEEPER_FOR_VARIETY = 3
"""Times as many hits are looked at as are wanted, where those that repeat others fall back."""

log = logging.getLogger(__name__)


class Engine:
    """One store and the models that it was made with. Safe for threads; models load when first needed.

    with Engine("my-store") as engine:
        engine.ingest("reports/")
        print(engine.query("How many visitors came in August?").text)
    """

    def __init__(self, store: str | Path | None = None, *, settings: Settings | None = None) -> None:
        """Name a store; nothing is opened or loaded yet.

        `store` overrides the setting of that name (default `.sightline`, or SIGHTLINE_STORE).
        Raises: BadSetting if a setting is wrong.
        """
        settings = settings or load_settings()
        self.settings = settings if store is None else settings.model_copy(update={"store": Path(store)})
        self._stages = Stages()
        self._opened = Opened(self.settings, self._stages)
        self._jobs = Jobs(self._opened, self.settings)
        # Where results are drawn from when they show themselves.
        self.pictures = Pictures(page=lambda document, page: self.page_picture(document.id, page), media=self.picture)

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the store's files and the models; a job that runs in a thread ends after the documents in hand."""
        self._jobs.close()
        self._opened.close()

    def listen(self, listener: Listener) -> None:
        """Let `listener` hear of every search, reranking, generation and encoder's batch that ends from now on."""
        self._stages.listen(listener)

    def load(self, *, create: bool = False) -> None:
        """Open the store and load its encoders and generators now, so that the first question need not wait.

        `create` makes the store where there is none.
        Raises: StoreNotFound; ModelMismatch if the store was made with other encoders; ModelNotFound, WeightsDamaged,
            BadSetting if there is no such generator.
        """
        self._opened.ready(create=create)
        self._opened.reranker()
        for name in self.settings.generators:
            self._opened.generator(name)

    @property
    def opened(self) -> Opened:
        """The store and the models, for what is built on them, as `rag.langchain` is."""
        return self._opened

    # The verbs

    def ingest(
        self,
        *paths: str | Path,
        progress: bool = False,
        sync: bool = False,
        collection: str | None = None,
        how: wiring.Ingestion | None = None,
    ) -> IngestReport:
        """Take every file at or below the paths into the store; `progress` shows a bar, `sync` drops what is gone.

        `collection`: where they are put, `default` if not said; the same bytes in another are found in both. A bad file is
        reported in `failed` and never stops the rest. The same bytes again cost nothing. It is one of `jobs`, for others to
        watch; if its process dies, the same again goes on with it.
        Raises: UnreadablePath if a path is not there; BadRequest if a collection cannot be called so; ModelMismatch if the
            store was made with other encoders.
        """
        if not paths:
            raise BadRequest("There is nothing to ingest.", hint="Name a folder or a file.")
        how = _put_into(collection, replace(how or wiring.Ingestion(), sync=sync or (how is not None and how.sync)))
        folders = [Path(path) for path in paths]
        if not progress:
            return self._jobs.ingest(folders, how)
        from rag.ingest_bar import ingest_bar, tell

        with ingest_bar(shown=True) as bar:
            return self._jobs.ingest(folders, replace(how, on_event=partial(tell, bar)))

    def plan(self, *paths: str | Path, how: wiring.Ingestion | None = None) -> Plan:
        """What an ingest of the paths would do, found out by reading them; the store is left as it is."""
        try:
            store = self._opened.store()
        except StoreNotFound:
            store = None
        folders = [Path(path) for path in paths]
        captioner = self._opened.captioner()
        return wiring.plan(
            folders, store=store, captioner=captioner, settings=self.settings, how=how or wiring.Ingestion()
        )

    def reindex(
        self,
        *encoders: str,
        progress: bool = False,
        on_step: OnStep | None = None,
        stop: threading.Event | None = None,
    ) -> Reindexed:
        """Make the store with these encoders, and none else, from what it holds: nothing is read or described again.

        The encoders of before answer meanwhile, and what others add is there afterwards. Broken off, the same call again
        goes on. `progress` shows a bar; `stop` ends it after the documents in hand.
        Raises: BadRequest without an encoder; BadSetting, ModelNotFound, WeightsDamaged from loading one; NoRoom;
            StoreBusy if the store is being reindexed already; EncodeFailed if an encoder fails; StoreNotFound.
        """
        store, opened = self._opened.reindexing(encoders)
        with store:
            if progress:
                from rag.progress import encoding_bar

                with encoding_bar() as on_step:
                    report = wiring.reindex(store, opened, on_step=on_step, stop=stop)
            else:
                report = wiring.reindex(store, opened, on_step=on_step, stop=stop)
        if report.swapped and self.settings.encoders:
            self.settings = self.settings.model_copy(update={"encoders": report.encoders})
            self._opened.made_with(report.encoders)
        return report

    def plan_reindex(self, *encoders: str) -> Todo:
        """What a reindex with these encoders would do; the store is left as it is. Raises: as `reindex`."""
        store, opened = self._opened.reindexing(encoders)
        with store:
            return wiring.plan_reindex(store, opened)

    def search(
        self,
        text: str | None = None,
        image: Image | str | Path | None = None,
        k: int = 10,
        filters: Filters | None = None,
        *,
        parts: Sequence[Part] = (),
        route: Route | None = None,
    ) -> Hits:
        """The k elements (text, tables, pictures, pages) that answer words, a picture (or its file), or both; best first.

        `parts`: more to search for, or to keep away from: `Words`, `Picture`, `Like`, each with its weight. `route`:
        another than that of the collection, if `filters` name a single one, or of the settings; see docs/concepts.md.
        Raises: BadRequest if there is nothing to search for, a part cannot be searched by, or k is not 1..1000;
            UnknownElement; StoreNotFound; ModelMismatch; UnknownCollection, UnknownDocument if a filter names what is
            not here.
        """
        return self.find(text, image, k, filters, parts=parts, route=route).hits

    def find(
        self,
        text: str | None = None,
        image: Image | str | Path | None = None,
        k: int = 10,
        filters: Filters | None = None,
        *,
        parts: Sequence[Part] = (),
        route: Route | None = None,
    ) -> Found:
        """As `search`, with notes of how it was searched: that an encoder does not read the words' language, for instance."""
        from rag import retrieve
        from rag.prepare import prepare

        if not 1 <= k <= MOST_HITS:
            raise BadRequest(f"k cannot be {k}.", hint=f"Ask for 1 to {MOST_HITS} hits.")
        store, encoders = self._opened.ready()
        filters = filters or Filters()
        route = route or store.collection_asked(filters.collection).route or self.settings.route
        prepared = prepare(text or "", image, parts, store=store, encoders=encoders, by_sight=route != "caption")
        query = prepared.query
        # A reranker reads words, and would undo what pictures and what is kept away from have done.
        reranker = None if query.sights or query.has_unwanted else self._opened.reranker()
        read_again = 0 if reranker is None else self.settings.rerank_depth
        deep = max(k, read_again, DEEPER_FOR_VARIETY * k if self.settings.variety else 0)
        late = self._opened.late()
        with self._stages.stage("search", text=query.wanted_text, route=route) as going:
            hits = retrieve.search(
                query, store=store, encoders=encoders, late=late, k=deep, filters=filters, route=route
            )
            going.n = len(hits)
        if reranker is not None:
            hits = self._reranked(query.wanted_text, hits, reranker)
        notes = (*prepared.notes, *language.guard(query.wanted_text, retrieve.of_route(encoders, route)))
        return Found(Hits((self._varied(hits) if self.settings.variety else hits)[:k], self.pictures), notes)

    @overload
    def query(
        self,
        question: str,
        image: Image | str | Path | None = None,
        k: int = 10,
        filters: Filters | None = None,
        *,
        stop: threading.Event | None = None,
        stream: Literal[False] = False,
        **how: Unpack[Asking],
    ) -> Answer: ...

    @overload
    def query(
        self,
        question: str,
        image: Image | str | Path | None = None,
        k: int = 10,
        filters: Filters | None = None,
        *,
        stop: threading.Event | None = None,
        stream: Literal[True],
        **how: Unpack[Asking],
    ) -> Iterator[AnswerEvent]: ...

    def query(
        self,
        question: str,
        image: Image | str | Path | None = None,
        k: int = 10,
        filters: Filters | None = None,
        *,
        parts: Sequence[Part] = (),
        history: Sequence[Turn | Answer] = (),
        route: Route | None = None,
        generator: str | None = None,
        schema: Mapping[str, JsonValue] | None = None,
        stop: threading.Event | None = None,
        stream: bool = False,
    ) -> Answer | Iterator[AnswerEvent]:
        """Answer a question from the k best hits, every sentence with its evidence.

        A question that the library does not support gives `answerable` false and the nearest evidence, not an error.
        `parts`: what else to search by, as in `search`; a generator that sees is shown the first picture of the question.
        `history`: earlier answers of the same conversation, oldest first; a follow-up is made to stand alone, and "the
        second chart" is the second of the pictures that went with the last answer. `route`: another than that of the
        collection or the settings. `generator`: another than that of the collection, or than the first of the settings, one
        of which it is. `schema`: a JSON Schema that `Answer.data` is to follow.
        `stream`: give the events (`Sources`, `Delta`, `Cited`, `Done`) while the answer is written; closing the iterator,
        or setting `stop` from anywhere, stops the model.
        Raises: as `search`; GenerateFailed if the generator breaks off; SchemaMismatch if its answer does not fit the
            schema; BadRequest if there is no such generator, or it fills in no forms.
        """
        from rag.answer import Asked, answer, whole
        from rag.apart import search_apart
        from rag.followup import with_pointed_at
        from rag.prepare import picture_asked_about
        from rag.relevance import is_relevant

        if not question.strip():
            raise BadRequest("There is no question.", hint='For instance: sightline query "What does the report say?"')
        turns = tuple(turn.turn() if isinstance(turn, Answer) else turn for turn in history)
        image = wiring.read_picture(Path(image)) if isinstance(image, str | Path) else image
        store = self._opened.store()
        generator = generator or self._generator_of(store.collection_asked((filters or Filters()).collection))
        check(parts, more=1 + (image is not None))
        shown = picture_asked_about(image, parts, store)
        notes: list[Note] = []

        def once(text: str) -> tuple[Hit, ...]:
            found = self.find(text, image, k, filters, parts=parts, route=route)
            notes.extend(note for note in found.notes if note not in notes)
            return found.hits

        def search(alone: str) -> Hits:
            # What else is searched by belongs to the whole question: neither of its parts asks about that by itself.
            hits = once(alone) if parts or image is not None else search_apart(alone, once, k=k)
            return Hits(with_pointed_at(question, turns, hits, store.find_element), self.pictures)

        model = self._opened.generator(generator)
        events = answer(
            Asked(question, turns, schema, shown, stop or threading.Event(), self.settings.stall_seconds),
            search=search,
            notes=lambda: notes,
            is_relevant=lambda hits: bool(hits) and is_relevant(hits),
            generator=model,
            pictures=lambda hit: wiring.pictures_of(store, hit),
            section_of=lambda hit: store.section_of(hit, filters or Filters()),
        )
        events = self._stages.generating(events, model=model.name)
        return events if stream else whole(events)

    # Jobs

    def jobs(self, state: JobState | None = None) -> list[Job]:
        """The ingests of the store, wherever they were begun, newest first; of one state, if it is named.

        Raises: StoreNotFound.
        """
        return [job for _, job in self._jobs.table().jobs(state)]

    def job(self, id: str) -> Job:
        """The job of this id, and how far it is.

        Raises: UnknownJob; StoreNotFound.
        """
        return self._jobs.table().job(id)

    def job_files(self, id: str, state: JobFileState | None = None) -> list[JobFile]:
        """The files of a job, in the order in which they were found; of one state, if it is named.

        Of old jobs only those that failed are remembered. Raises: UnknownJob; StoreNotFound.
        """
        return [file for _, file in self._jobs.table().files(id, state)]

    def cancel(self, id: str) -> Job:
        """End a job: at once if it waits, after the documents in hand if it runs; what it took is kept.

        Raises: UnknownJob; JobEnded if it has ended already; StoreNotFound.
        """
        return self._jobs.table().cancel(id)

    def resume(self, id: str) -> Job:
        """Take up a job again that failed or was cancelled: by the service that runs on the store, else here, to its end.

        One that runs, or waits for a service, is left to it. What it took before costs nothing.
        Raises: UnknownJob; JobEnded if it is done, or the files of an upload are gone; StoreNotFound; where it runs here, as
            `ingest`.
        """
        return self._jobs.resume(id)

    @property
    def job_table(self) -> JobTable:
        """The jobs as the catalogue has them, for a service that shows them in parts.

        Raises: StoreNotFound.
        """
        return self._jobs.table()

    def queue_upload(
        self,
        id: str,
        names: Sequence[str],
        *,
        collection: str | None = None,
        key: str | None = None,
        digest: str = "",
    ) -> Job:
        """Have files that were sent over taken as a job, by whoever does `work` on the store.

        They lie, whole and synced to the disk, where `rag.jobs.spooled` says, below `spool(id)`, and are dropped when the job
        has ended. The same name again in the same collection, with other bytes, replaces what it held. `key`: the same key
        again, with the same `digest`, gives the job of before.
        Raises: BadRequest if a collection cannot be called so; IdempotencyMismatch if the key came with another digest.
        """
        named = _put_into(collection, wiring.Ingestion()).collection
        return self._jobs.queue_upload(id, names, collection=named, key=key, digest=digest)

    def spool(self, id: str) -> Path:
        """The folder for the files of an upload that is to become the job of this id; the store is made where there is none."""
        return self._jobs.table(create=True).spool(id)

    def queue_folder(self, path: Path, *, collection: str | None = None, how: wiring.Ingestion | None = None) -> Job:
        """Have a folder or file taken as a job, by whoever does `work` on the store.

        Raises: UnreadablePath if it is not there; BadRequest if a glob is none, or a collection cannot be called so.
        """
        return self._jobs.queue_folder(path, _put_into(collection, how or wiring.Ingestion()))

    def work(self, stopping: threading.Event) -> None:
        """Run what is queued in a thread from now on, one job at a time, until `stopping` is set or this is closed."""
        self._jobs.work(stopping)

    # What is kept

    def documents(self, collection: str | None = None) -> Documents:
        """Every document, or every one of a collection, by source.

        Raises: UnknownCollection if there is none of this name.
        """
        store = self._opened.store()
        store.check_collections(_named(collection))
        return Documents(store.documents(collections=_named(collection)))

    def document(self, name: str, collection: str | None = None) -> Document:
        """The document of this id, source or file name; the first by source where several share the name.

        Raises: UnknownDocument if there is none; UnknownCollection.
        """
        return self._opened.store().find_documents(name, _named(collection))[0]

    def delete(self, name: str, collection: str | None = None) -> Document:
        """Delete a document: its text, vectors, words and pictures; the file in your folder stays.

        `collection`: take it out of this one only; it stays as long as it lies in another.
        Raises: UnknownDocument if there is none; UnknownCollection; BadRequest if several documents share the name.
        """
        store = self._opened.store()
        named = store.find_documents(name, _named(collection))
        if len(named) > 1:
            ids = ", ".join(document.id[:12] for document in named)
            raise BadRequest(f"{len(named)} documents go by {name!r}.", hint=f"Name one by its whole id: {ids} …")
        store.delete(named[0].id, collection=collection)
        return named[0]

    def collections(self) -> list[Collection]:
        """Every collection with what it holds and how it is asked, by name."""
        return self._opened.store().collections()

    def count_vectors(self) -> dict[str, dict[tuple[str, str], int]]:
        """How many vectors each collection has, by encoder and kind (`text`, `image`, `page`); takes a while in a large store."""
        from rag.store.collections import count_vectors

        return count_vectors(self._opened.store().catalogue)

    def generation(self) -> int:
        """A number that is another one after every change of what the store holds."""
        return self._opened.store().catalogue.generation()

    def set_collection(self, name: str, *, route: Route | None = None, generator: str | None = None) -> Collection:
        """Say how a collection is asked where a question names it alone, and nothing else; None leaves it to the settings.

        The collection need hold nothing yet.
        Raises: BadRequest if a collection cannot be called so, or there is no such generator in the settings.
        """
        if generator is not None and generator not in self.settings.generators:
            raise BadRequest(
                f"The generator {generator!r} is not set up here.",
                hint=f"Generators here: {', '.join(self.settings.generators)}. Others: SIGHTLINE_GENERATORS.",
            )
        return self._opened.store(create=True).set_collection(name, route=route, generator=generator)

    def delete_collection(self, name: str) -> Collection:
        """Delete a collection with its settings, and the documents that lie in no other; the files in your folders stay.

        Returns: what it was.
        Raises: UnknownCollection if there is none of this name.
        """
        return self._opened.store().delete_collection(name)

    def failures(self) -> Sequence[FailedFile]:
        """The files that could not be taken, each with its reason."""
        return [failure for _, failure in self._opened.store().catalogue.failures()]

    def count_elements(self, document: Document) -> dict[str, int]:
        """How many elements of each modality were read from a document."""
        return self._opened.store().catalogue.count_elements([document.id])

    def made_with(self) -> tuple[str, ...]:
        """The names of the encoders that the store was made with."""
        return tuple(self._opened.store().catalogue.fingerprints())

    def status(self) -> StatusJson:
        """What the store holds, which models made it, and which files could not be taken; ready for JSON."""
        store = self._opened.store()
        documents = store.documents()
        return {
            "store": str(store.root),
            "documents": len(documents),
            "pages": sum(document.n_pages for document in documents),
            "elements": store.catalogue.count_elements(document.id for document in documents),
            "encoders": ", ".join(self.made_with()),
            "generators": ", ".join(self.settings.generators),
            "collections": [collection_json(collection) for collection in store.collections()],
            "failed": [failed_json(failure) for failure in self.failures()],
        }

    def write_evidence_page(self, answers: Sequence[tuple[str, Answer]], path: Path) -> Path:
        """Write questions and answers as one self-contained HTML page, with the pages drawn and the boxes on them."""
        from rag.evidence_page import write_evidence_page

        return write_evidence_page(
            answers, path, page_picture=lambda document, page: self.page_picture(document.id, page), media=self.picture
        )

    def picture(self, digest: str) -> Image:
        """A kept picture by its hash (`Element.media`).

        Raises: UnknownMedia if there is none.
        """
        return self._opened.store().media.open_image(digest)

    def media_path(self, digest: str) -> Path:
        """The file of a kept picture.

        Raises: UnknownMedia if there is none.
        """
        return self._opened.store().media.path(digest)

    def page_picture(self, document: str, page: int) -> Image | None:
        """A page (from 1) as a picture; None where the format has no layout to draw (txt, md, html).

        Raises: UnknownDocument; BadRequest if there is no such page.
        """
        return wiring.page_picture(self._opened.store(), self.document(document), page)

    def _generator_of(self, collection: Collection) -> str | None:
        """The generator that a collection is asked with; None for that of the settings.

        Raises: BadRequest if it is not set up here.
        """
        if collection.generator is not None and collection.generator not in self.settings.generators:
            raise BadRequest(
                f"The collection {collection.name} is answered by {collection.generator}, which is not set up here.",
                hint=f"Name one that is ({', '.join(self.settings.generators)}), or add it: SIGHTLINE_GENERATORS.",
            )
        return collection.generator

    def _varied(self, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        import numpy as np

        from rag.rerankers.mmr import mmr

        store, encoders = self._opened.ready()
        space, encoder = next(iter(encoders.items()))
        dim = encoder.fingerprint.dim
        held = store.catalogue.vectors_by_element([hit.element.id for hit in hits], space=space, dim=dim)
        nothing = np.zeros((0, dim), np.float32)
        return mmr(hits, [held.get(hit.element.id, nothing) for hit in hits], weight=1 - self.settings.variety)

    def _reranked(self, question: str, hits: Sequence[Hit], reranker: Reranker) -> tuple[Hit, ...]:
        from rag.rerankers import stage

        store = self._opened.store()
        with self._stages.stage("rerank", reranker=reranker.name) as going:
            reranked = stage.rerank(
                hits,
                reranker=reranker,
                question=question,
                budget_seconds=self.settings.rerank_seconds,
                depth=self.settings.rerank_depth,
                pictures=lambda hit: wiring.pictures_of(store, hit),
            )
            going.n = reranked.outcome.n_reached
        log.log(logging.WARNING if reranked.outcome.reason else logging.INFO, "%s %s", reranker.name, reranked.outcome)
        return reranked.hits


def _named(collection: str | None) -> tuple[str, ...]:
    return () if collection is None else (collection,)


def _put_into(collection: str | None, how: wiring.Ingestion) -> wiring.Ingestion:
    """How an ingest goes, into the collection that was named, if one was.

    Raises: BadRequest if a collection cannot be called so.
    """
    from rag.store.collections import check_name

    return replace(how, collection=check_name(how.collection if collection is None else collection))
