"""A store that is verified, mended, kept and brought back."""

from __future__ import annotations

import hashlib
import io
import json
import sqlite3
import tarfile
import threading
from pathlib import Path

import pytest

from rag.encoders.colours import ColourEncoder
from rag.errors import BadRequest, StoreDamaged
from rag.store.backup import back_up, restore
from rag.store.store import Store
from rag.store.verify import verify
from tests.unit.rag.cli.conftest import Line


def sources(root: Path) -> list[str]:
    with Store(root) as store:
        return [document.source for document in store.documents()]


def media(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (root / "media").glob("*/*")}


def write_caches(root: Path) -> Path:
    with Store(root) as store:
        store.expect([ColourEncoder().fingerprint])
        store.write_caches()
        return next(path for (_, kind), path, _ in store.caches() if kind == "text")


def test_a_whole_store_is_whole(line: Line) -> None:
    found = line.json("verify")
    assert (found["is_whole"], found["findings"]) == (True, [])
    assert found["documents"] == len(sources(line.store))
    assert "The store is whole." in line.run("verify")[0]


def test_a_damaged_picture_is_named_set_aside_and_can_be_written_again(line: Line) -> None:
    name, data = next(iter(media(line.store).items()))
    path = line.store / "media" / name[:2] / name
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    found = line.json("verify", code=1)
    assert [one["kind"] for one in found["findings"]] == ["damaged"]
    assert name in found["findings"][0]["what"]
    assert "--repair" in line.run("verify", code=1)[0]
    after = line.json("verify", "--repair", code=1)
    assert [one["kind"] for one in after["mended"]] == ["damaged"]
    assert [one["kind"] for one in after["findings"]] == ["missing"]
    assert "ingest FOLDER --again" in after["findings"][0]["mend"]
    assert not path.exists()
    assert (line.store / "damaged" / name).is_file()
    with Store(line.store) as store:
        store.media.put_bytes(data, suffix=path.suffix)
    assert line.json("verify")["is_whole"]


def test_orphans_are_told_and_dropped_but_not_while_something_is_ingested(line: Line) -> None:
    with Store(line.store) as store:
        orphan = store.media.put_bytes(b"nobody names me", suffix=".jpg")
        (line.store / "media" / "unfinished-1").write_bytes(b"half")
        with store.holding_media():
            assert verify(store).is_whole
    assert [one["kind"] for one in line.json("verify", code=1)["findings"]] == ["orphan", "orphan"]
    assert line.json("verify", "--repair")["is_whole"]
    assert orphan not in {Path(name).stem for name in media(line.store)}
    assert not list((line.store / "media").glob("unfinished-*"))


@pytest.mark.parametrize("harm", ["bytes", "contents"])
def test_a_cache_that_is_not_what_the_catalogue_says_is_made_again(line: Line, harm: str) -> None:
    cache = write_caches(line.store)
    whole = cache.read_bytes()
    if harm == "bytes":
        cache.write_bytes(whole[:-1])
    else:  # another store's cache, with a stamp that fits it
        other = cache.with_name(cache.name.replace("text", "image"))
        cache.write_bytes(other.read_bytes())
        stamp = json.loads(cache.with_suffix(".json").read_text())
        stamp["sha256"] = hashlib.sha256(cache.read_bytes()).hexdigest()
        cache.with_suffix(".json").write_text(json.dumps(stamp))
    assert [one["kind"] for one in line.json("verify", code=1)["findings"]] == ["cache"]
    assert line.json("verify", "--repair")["is_whole"]
    assert cache.read_bytes() == whole


def test_words_that_are_lost_are_indexed_again(line: Line) -> None:
    connection = sqlite3.connect(line.store / "catalogue.sqlite")
    with connection:
        connection.execute("DELETE FROM lexical WHERE rowid = (SELECT MIN(row) FROM elements)")
    connection.close()
    found = line.json("verify", code=1)["findings"]
    assert [one["kind"] for one in found] == ["words"]
    assert "lacks 1 elements" in found[0]["what"]
    assert line.json("verify", "--repair")["is_whole"]


def test_vectors_of_nothing_are_told_and_not_mended(line: Line) -> None:
    connection = sqlite3.connect(line.store / "catalogue.sqlite")
    with connection:
        connection.execute("INSERT INTO vectors SELECT 999999, space, kind, window, vector FROM vectors LIMIT 1")
    connection.close()
    found = line.json("verify", "--repair", code=1)
    assert [one["kind"] for one in found["findings"]] == ["rows"]
    assert "restore" in found["findings"][0]["mend"]


def test_what_is_kept_comes_back_the_same(line: Line, tmp_path: Path) -> None:
    made = line.json("backup", tmp_path / "kept.tar")
    assert (made["documents"], made["media"]) == (len(sources(line.store)), len(media(line.store)))
    told = line.json("restore", tmp_path / "kept.tar", "--store", tmp_path / "back")
    assert told["documents"] == made["documents"]
    assert sources(tmp_path / "back") == sources(line.store)
    assert media(tmp_path / "back") == media(line.store)
    assert line.json("verify", "--store", tmp_path / "back")["is_whole"]
    asked = [line.run("search", "red", "--json", "--store", root)[0] for root in (line.store, tmp_path / "back")]
    assert asked[0] == asked[1]
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_nothing_is_overwritten_unless_that_is_said(line: Line, tmp_path: Path) -> None:
    archive = tmp_path / "kept.tar"
    line.run("backup", archive)
    before = archive.read_bytes()
    assert "--force" in line.run("backup", archive, code=2)[1]
    assert archive.read_bytes() == before
    line.run("backup", archive, "--force")
    line.run("documents", "delete", sources(line.store)[0])
    left = sources(line.store)
    assert "--force" in line.run("restore", archive, code=2)[1]
    assert sources(line.store) == left
    line.run("restore", archive, "--force")
    assert len(sources(line.store)) == len(left) + 1
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "me.jpg").write_bytes(b"mine")
    assert "other things" in line.run("restore", archive, "--store", tmp_path / "photos", "--force", code=2)[1]
    assert (tmp_path / "photos" / "me.jpg").read_bytes() == b"mine"


def test_a_store_that_is_written_meanwhile_is_kept_as_it_was_at_one_moment(line: Line, tmp_path: Path) -> None:
    stop = threading.Event()
    folder = tmp_path / "in"
    folder.mkdir()

    def write() -> None:
        at = 0
        with Store(line.store) as store:
            store.expect([ColourEncoder().fingerprint])
            while not stop.is_set():
                store.add_source(store.documents()[0].id, location=f"/more/{at}", source=f"more/{at}.txt")
                at += 1

    writing = threading.Thread(target=write)
    writing.start()
    try:
        with Store(line.store) as store:
            back_up(store, tmp_path / "kept.tar")
    finally:
        stop.set()
        writing.join()
    restore(tmp_path / "kept.tar", tmp_path / "back")
    with Store(tmp_path / "back") as store:
        assert verify(store).is_whole


def changed(archive: Path, harm: str) -> None:
    """Do harm to an archive."""
    data = bytearray(archive.read_bytes())
    if harm == "cut short":
        archive.write_bytes(data[: len(data) // 2])
    elif harm == "a bit":
        with tarfile.open(archive) as read:
            last = read.getmembers()[-1]
        data[last.offset_data] ^= 1
        archive.write_bytes(data)
    elif harm == "no tar":
        archive.write_bytes(b"PK not a tar" * 100)
    else:
        with tarfile.open(archive, "a") as more:
            member = tarfile.TarInfo("../../escaped")
            member.size = 4
            more.addfile(member, io.BytesIO(b"evil"))


@pytest.mark.parametrize("harm", ["cut short", "a bit", "no tar", "a stranger"])
def test_a_changed_archive_changes_nothing(line: Line, tmp_path: Path, harm: str) -> None:
    archive = tmp_path / "kept.tar"
    line.run("backup", archive)
    changed(archive, harm)
    with pytest.raises(StoreDamaged, match="no whole backup"):
        restore(archive, tmp_path / "deep" / "back")
    assert not (tmp_path / "deep" / "back").exists()
    assert not (tmp_path / "escaped").exists()
    before = sources(line.store)
    assert "no whole backup" in line.run("restore", archive, "--force", code=1)[1]
    assert sources(line.store) == before


def test_a_picture_that_is_damaged_is_left_out_and_named(line: Line, tmp_path: Path) -> None:
    name = next(iter(media(line.store)))
    (line.store / "media" / name[:2] / name).write_bytes(b"no picture")
    made = line.json("backup", tmp_path / "kept.tar", code=3)
    assert made["left_out"] == [Path(name).stem]
    assert line.json("restore", tmp_path / "kept.tar", "--store", tmp_path / "back")["media"] == made["media"]


def test_a_store_that_is_being_filled_is_not_replaced(line: Line, tmp_path: Path) -> None:
    line.run("backup", tmp_path / "kept.tar")
    with Store(line.store) as store, store.holding_media():
        assert "being ingested" in line.run("restore", tmp_path / "kept.tar", "--force", code=1)[1]


def test_a_damaged_store_is_replaced_by_its_backup(line: Line, tmp_path: Path) -> None:
    line.run("backup", tmp_path / "kept.tar")
    before = sources(line.store)
    (line.store / "catalogue.sqlite").write_bytes(b"no database" * 1000)
    assert "backup" in line.run("verify", code=1)[1]
    line.run("restore", tmp_path / "kept.tar", "--force")
    assert sources(line.store) == before


def test_an_archive_of_names_that_lead_elsewhere_is_refused(line: Line, tmp_path: Path) -> None:
    manifest = {
        "format": "sightline-backup-1",
        "made": "",
        "documents": 0,
        "catalogue": "0" * 64,
        "media": ["../../etc/passwd"],
    }
    data = json.dumps(manifest).encode()
    with tarfile.open(tmp_path / "evil.tar", "w") as archive:
        member = tarfile.TarInfo("manifest.json")
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    with pytest.raises(StoreDamaged, match="passwd"):
        restore(tmp_path / "evil.tar", tmp_path / "back")
    with pytest.raises(BadRequest, match="other things"):
        restore(tmp_path / "evil.tar", tmp_path, force=True)
