"""A store that is given another encoder: asked before, meanwhile and after, killed, gone on with, and added to."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from indexers.encode import encode
from indexers.reindex import Reindexed, Step, Todo, check_room, plan, reindex
from indexers.worker import Read, bind
from rag.encoders.colours import ColourEncoder
from rag.errors import BadRequest, EncodeFailed, ModelMismatch, NoRoom, StoreBusy
from rag.protocols import Encoder
from rag.retrieve import Query, search
from rag.types import Element, Filters
from tests.anew import COLOURS, OtherColours, make_anew, opened, put, put_text

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A store of two hundred small texts and eight pictures."""
    with opened(tmp_path / "store", ColourEncoder()) as store, store.ingesting():
        for number in range(200):
            put_text(store, ColourEncoder(), number)
        for colour in COLOURS:
            media = store.media.put_image(Image.new("RGB", (32, 32), colour))
            put(store, ColourEncoder(), f"{colour}.png", Element("image", "", 1, media=media))
    return tmp_path / "store"


def found(root: Path, encoder: Encoder, words: str = "blue boat") -> list[tuple[str, dict[str, int]]]:
    with opened(root, encoder) as store:
        encoders = {encoder.fingerprint.name: encoder}
        hits = search(Query(words), store=store, encoders=encoders, k=30, filters=Filters())
        return [(hit.document.source, dict(hit.ranks)) for hit in hits]


def spaces(root: Path) -> tuple[list[str], list[str]]:
    """The keys that vectors bear, and the names of current spaces."""
    with opened(root) as store:
        read = store.catalogue.connection().execute
        keys = [key for (key,) in read("SELECT DISTINCT space FROM vectors ORDER BY 1")]
        assert read("SELECT COUNT(*) FROM encoded").fetchone() == (0,)
        assert read("SELECT COUNT(*) FROM spaces WHERE state <> 'current'").fetchone() == (0,)
        return keys, list(store.catalogue.fingerprints())


def renamed(hits: list[tuple[str, dict[str, int]]], name: str) -> list[tuple[str, dict[str, int]]]:
    return [(source, {key.replace("colours", name): rank for key, rank in ranks.items()}) for source, ranks in hits]


def test_a_store_answers_as_before_until_the_swap_and_with_the_new_encoder_after(root: Path) -> None:
    before = found(root, ColourEncoder())
    meanwhile = []

    def ask(step: Step) -> None:
        if step.done % 50 == 0:
            meanwhile.append(found(root, ColourEncoder()))

    report = make_anew(root, OtherColours(), on_step=ask)
    assert (report.documents, report.swapped, report.stays) == (208, True, ())
    assert len(meanwhile) == 4
    assert all(one == before for one in meanwhile)
    assert found(root, OtherColours()) == renamed(before, "other")
    with pytest.raises(ModelMismatch):
        found(root, ColourEncoder())
    keys, names = spaces(root)
    assert (len(keys), names) == (1, ["other"])
    assert [path.suffix for path in sorted((root / "cache").glob("*"))] == [".faiss", ".json"] * 2


def test_the_same_name_with_other_weights_is_another_space_and_the_way_back_too(root: Path) -> None:
    before = found(root, ColourEncoder())
    changed = OtherColours("colours", weights="aa" * 32)
    assert make_anew(root, changed).documents == 208
    assert found(root, changed) == before
    assert make_anew(root, ColourEncoder()).documents == 208
    assert found(root, ColourEncoder()) == before
    assert len(spaces(root)[0]) == 1


def test_an_encoder_that_stays_encodes_nothing_and_one_may_be_taken_away(root: Path) -> None:
    first, second = OtherColours("first"), OtherColours("second")
    make_anew(root, first)
    counted = OtherColours("first")
    report = make_anew(root, counted, second)
    assert (report.stays, report.documents, counted.n_texts, second.n_texts) == (("first",), 208, 0, 200)
    assert make_anew(root, OtherColours("second")).documents == 0
    assert spaces(root)[1] == ["second"]
    again = make_anew(root, OtherColours("second"))
    assert replace(again, seconds=0.0) == Reindexed(("second",), ("second",), 0, True, seconds=0.0)


def test_an_encoder_that_fails_leaves_the_store_as_it_was_and_loses_nothing_done(root: Path) -> None:
    before = found(root, ColourEncoder())
    with pytest.raises(EncodeFailed, match="number 77"):
        make_anew(root, OtherColours(fails_at="number 77"))
    assert found(root, ColourEncoder()) == before
    mended = OtherColours()
    with opened(root) as store:
        todo = plan(store, {"other": mended})
    assert 0 < todo.done < 208
    assert make_anew(root, mended).documents == 208 - todo.done
    assert mended.n_texts < 200
    assert found(root, OtherColours()) == renamed(before, "other")


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.anew import OtherColours, make_anew

def on_step(step):
    if step.done == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

make_anew(Path(sys.argv[1]), OtherColours(), on_step=on_step)
"""


def test_kill_9_at_any_moment_costs_at_most_the_batch_in_hand(root: Path) -> None:
    before = found(root, ColourEncoder())
    done = 0
    for at in (1, 70, 5):
        died = subprocess.run([sys.executable, "-c", KILLED, str(root), str(at)], cwd=ROOT, check=False, timeout=60)
        assert died.returncode == -signal.SIGKILL
        assert found(root, ColourEncoder()) == before
        with opened(root) as store:
            todo = plan(store, {"other": OtherColours()})
        assert todo.done > done
        done = todo.done
    assert make_anew(root, OtherColours()).documents == 208 - done
    assert found(root, OtherColours()) == renamed(before, "other")
    assert len(spaces(root)[0]) == 1


DROPPED = """
import os, signal, sys
from pathlib import Path
from rag.store import spaces
from rag.store.store import Store
from tests.anew import OtherColours, make_anew

spaces.ELEMENTS_AT_ONCE = 50
transaction, seen = Store, []

def on_step(step):
    if step.done == step.total:  # from here on, every written page counts: die while the old vectors are dropped
        import threading, time
        def kill():
            from rag.store.catalogue import Catalogue
            catalogue = Catalogue(Path(sys.argv[1]) / "catalogue.sqlite")
            while catalogue.connection().execute(
                "SELECT 1 FROM spaces WHERE name = 'other' AND state = 'current'"
            ).fetchone() is None:
                time.sleep(0.0005)
            os.kill(os.getpid(), signal.SIGKILL)
        threading.Thread(target=kill, daemon=True).start()

make_anew(Path(sys.argv[1]), OtherColours(), on_step=on_step)
"""


def test_killed_right_after_the_swap_the_store_is_the_new_one_and_the_rest_is_dropped_later(root: Path) -> None:
    before = found(root, ColourEncoder())
    died = subprocess.run([sys.executable, "-c", DROPPED, str(root)], cwd=ROOT, check=False, timeout=60)
    assert died.returncode in (0, -signal.SIGKILL)  # 0 where it was faster than its killer
    assert found(root, OtherColours()) == renamed(before, "other")
    with opened(root, OtherColours()) as store, store.ingesting():
        pass
    assert len(spaces(root)[0]) == 1


def test_what_others_add_change_and_delete_meanwhile_is_right_after_the_swap(root: Path) -> None:
    changed = Element("text", "The purple boat was painted.", 1)

    def others(step: Step) -> None:
        if step.done != 100:
            return
        with opened(root, ColourEncoder()) as store:
            put_text(store, ColourEncoder(), 1_000)
            store.delete(hashlib.sha256(b"boat-0.txt").hexdigest())
            boat = store.find_documents("boat-1.txt")[0]
            (element,) = store.catalogue.elements_of(boat.id)
            lit = [replace(element, caption="a purple sail")]
            of_text = encode([Read(boat, tuple(lit), 0)], encoders={"colours": ColourEncoder()}, media=store.media)[0]
            assert store.exchange_captions(boat, lit, of_text[:1])
            bound = (bind(changed, document_id=store.find_documents("boat-2.txt")[0].id, ordinal=0),)
            two = store.find_documents("boat-2.txt")[0]
            (encoded,) = encode([Read(two, bound, 0)], encoders={"colours": ColourEncoder()}, media=store.media)
            assert store.add(two, bound, encoded, location="/boat-2.txt", again=True) == "replaced"

    report = make_anew(root, OtherColours(), on_step=others)
    assert report.documents > 208
    sources = {source for source, _ in found(root, OtherColours(), "boat number 1000 0")}
    assert "boat-1000.txt" in sources
    assert "boat-0.txt" not in sources
    with opened(root, OtherColours()) as store:
        purple = OtherColours().encode_texts(["purple"])
        ((*nearest,),) = store.search_vectors("other", "text", purple, k=200, allowed=None)
        alike = store.elements([row for row, cosine in nearest if cosine > 0.99]).values()
        names = {one.source for one in store.documents([element.document_id for element in alike])}
        assert {"boat-1.txt", "boat-2.txt", "boat-7.txt"} <= names
        n_vectors = store.count_vectors("other", "text", allowed=None)
        per_element = store.catalogue.connection().execute(
            "SELECT COUNT(*) FROM elements e WHERE NOT EXISTS (SELECT 1 FROM vectors v WHERE v.element = e.row)"
        )
        assert per_element.fetchone() == (0,)
        assert n_vectors == 201  # 200 texts, one of them with a caption in a window of its own


def test_who_was_writing_with_the_old_encoder_is_told_and_spoils_nothing(root: Path) -> None:
    with opened(root, ColourEncoder()) as writing:
        make_anew(root, OtherColours("colours", weights="aa" * 32))
        with pytest.raises(ModelMismatch, match=r"made anew with colours.*again"):
            put_text(writing, ColourEncoder(), 1_000)
        assert len(writing.documents()) == 208


def test_a_search_that_began_before_the_swap_is_answered_by_what_it_began_with(root: Path) -> None:
    with opened(root, ColourEncoder()) as store:
        query = ColourEncoder().encode_texts(["blue"])
        before = store.search_vectors("colours", "image", query, k=1, allowed=None)
        make_anew(root, OtherColours())
        assert store.search_vectors("colours", "image", query, k=1, allowed=None) == before
    with opened(root, OtherColours()) as unsearched:
        make_anew(root, ColourEncoder())
        with pytest.raises(ModelMismatch, match="made anew"):
            unsearched.search_vectors("other", "image", query, k=1, allowed=None)


def test_another_wish_replaces_one_that_was_broken_off(root: Path) -> None:
    with pytest.raises(EncodeFailed):
        make_anew(root, OtherColours("half", fails_at="number 77"))
    assert make_anew(root, OtherColours("whole")).documents == 208
    keys, names = spaces(root)
    assert (len(keys), names) == (1, ["whole"])


def test_two_at_once_are_refused_and_so_is_none(root: Path) -> None:
    def second(step: Step) -> None:
        with pytest.raises(StoreBusy, match="already"):
            make_anew(root, OtherColours("second"))

    assert make_anew(root, OtherColours(), on_step=second).swapped
    with pytest.raises(BadRequest, match="no encoder"):
        make_anew(root)


def test_the_noise_goes_with_its_space_and_that_of_one_that_stays_stays(root: Path) -> None:
    make_anew(root, OtherColours("stays"), OtherColours("goes"))
    with opened(root) as store:
        for name in ("stays", "goes"):
            store.catalogue.keep_note(f"noise:{name}:text", "{}")
    make_anew(root, OtherColours("stays"))
    with opened(root) as store:
        assert [store.catalogue.note(f"noise:{name}:text") for name in ("stays", "goes")] == ["{}", None]


def test_a_disk_that_cannot_hold_both_is_named_before_anything_is_written(root: Path) -> None:
    with opened(root) as store:
        todo = plan(store, {"other": OtherColours()})
    assert (todo.documents, todo.texts, todo.pictures, todo.done) == (208, 208, 8, 0)
    assert 208 * 4 * 12 < todo.bytes_needed < todo.bytes_free
    with pytest.raises(NoRoom, match=r"need about .* MiB, and 1 MiB are free"):
        check_room(replace(todo, bytes_free=2**20))
    check_room(Todo(("a",), ("a",), 1, 0, 1, 0, bytes_needed=0, bytes_free=0))


def test_an_empty_store_and_a_stopped_run(tmp_path: Path) -> None:
    with opened(tmp_path / "s", ColourEncoder()):
        pass
    assert make_anew(tmp_path / "s", OtherColours()).swapped
    stop = threading.Event()
    with opened(tmp_path / "s", OtherColours()) as store:
        for number in range(200):
            put_text(store, OtherColours(), number)
        report = reindex(store, {"colours": ColourEncoder()}, on_step=lambda step: stop.set(), stop=stop)
        assert (report.swapped, report.documents) == (False, 64)
        assert list(store.catalogue.fingerprints()) == ["other"]
