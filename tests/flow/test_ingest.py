"""`sightline ingest` as a person uses it: again, after edits, with bad files, broken off, beside a search."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rag import Engine
from tests.flow.conftest import SIGHTLINE, CommandLine, Contents


def test_a_folder_is_taken_and_counted(sightline: CommandLine, folder: Path) -> None:
    report = sightline.json("ingest", folder)
    assert (report["documents"], report["added"], report["failed"]) == (5, 5, [])
    assert report["elements"]["image"] == 2
    assert report["pages"] == 5
    assert set(report) == {
        "documents", "elements", "pages", "added", "unchanged", "replaced", "removed", "failed", "captions", "seconds",
    }  # fmt: skip
    assert sightline.sources() == ["blue.png", "boats.md", "deep/fog.txt", "lamp.txt", "red.png"]


def test_reindexing_the_same_bytes_adds_nothing(
    sightline: CommandLine, folder: Path, contents: Callable[[Path], Contents]
) -> None:
    sightline.json("ingest", folder)
    before = contents(sightline.store)
    report = sightline.json("ingest", folder)
    assert (report["added"], report["unchanged"], report["documents"]) == (0, 5, 5)
    assert contents(sightline.store) == before


def test_a_renamed_file_keeps_its_document_and_loses_its_old_name(sightline: CommandLine, folder: Path) -> None:
    sightline.json("ingest", folder)
    (folder / "lamp.txt").rename(folder / "light.txt")
    report = sightline.json("ingest", folder)
    assert (report["added"], report["unchanged"], report["removed"]) == (0, 5, 0)
    assert "light.txt" in sightline.sources()
    assert "lamp.txt" not in sightline.sources()


def test_an_edited_file_replaces_its_old_text(sightline: CommandLine, folder: Path) -> None:
    sightline.json("ingest", folder)
    (folder / "lamp.txt").write_text("The lamp became electric.")
    report = sightline.json("ingest", folder)
    assert (report["added"], report["replaced"], report["documents"]) == (0, 1, 5)
    found = sightline.json("search", "oil lamp electric", "-d", "lamp.txt")["hits"]
    assert [hit["text"] for hit in found] == ["The lamp became electric."]


def test_a_file_that_is_gone_goes_only_with_sync(sightline: CommandLine, folder: Path) -> None:
    sightline.json("ingest", folder)
    (folder / "lamp.txt").unlink()
    assert sightline.json("ingest", folder)["removed"] == 0
    assert "lamp.txt" in sightline.sources()
    assert sightline.json("ingest", folder, "--sync")["removed"] == 1
    assert "lamp.txt" not in sightline.sources()


def test_sync_leaves_other_folders_alone(sightline: CommandLine, folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "note.txt").write_text("Kept elsewhere.")
    sightline.json("ingest", folder, other)
    shutil.rmtree(other)
    assert sightline.json("ingest", folder, "--sync")["removed"] == 0
    assert "note.txt" in sightline.sources()


def test_the_same_bytes_under_two_names_are_one_document(sightline: CommandLine, folder: Path) -> None:
    shutil.copy(folder / "lamp.txt", folder / "lamp copy.txt")
    report = sightline.json("ingest", folder)
    assert (report["documents"], report["added"], report["unchanged"]) == (5, 5, 1)
    by_name = [sightline.json("search", "lamp dusk", "-d", name)["hits"] for name in ("lamp.txt", "lamp copy.txt")]
    assert by_name[0] == by_name[1]
    assert len({hit["element"] for hit in by_name[0]}) == len(by_name[0]) > 0


def test_a_bad_file_is_named_with_its_reason_and_the_rest_is_taken(sightline: CommandLine, folder: Path) -> None:
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nthis is no picture")
    (folder / "empty.txt").write_bytes(b"")
    (folder / "table.xyz").write_text("nobody reads this kind")
    report = json.loads(sightline.process("ingest", folder, "--json", code=3).stdout)
    assert report["added"] == 5
    failed = {failure["path"]: failure for failure in report["failed"]}
    assert set(failed) == {"broken.png", "empty.txt", "table.xyz"}
    assert failed["empty.txt"]["code"] == "empty_file"
    assert failed["table.xyz"]["code"] == "unsupported_file"
    assert all(failure["reason"] for failure in report["failed"])
    printed = sightline.run("ingest", folder, code=3)
    assert "broken.png" in printed.stdout
    assert [one["path"] for one in sightline.json("status")["failed"]] == ["broken.png", "empty.txt", "table.xyz"]


def test_a_mended_file_is_taken_and_its_failure_forgotten(sightline: CommandLine, folder: Path) -> None:
    (folder / "note.txt").write_bytes(b"")
    sightline.json("ingest", folder, code=3)
    (folder / "note.txt").write_text("Written at last.")
    assert sightline.json("ingest", folder)["added"] == 1
    assert sightline.json("status")["failed"] == []


def test_a_file_that_breaks_after_it_was_taken_keeps_its_last_good_text(sightline: CommandLine, folder: Path) -> None:
    sightline.json("ingest", folder)
    (folder / "red.png").write_bytes(b"\x89PNG\r\n\x1a\nthis is no picture")
    assert sightline.json("ingest", folder, code=3)["documents"] == 5
    assert "red.png" in sightline.sources()


def test_again_reads_and_embeds_everything_anew_and_keeps_the_store_the_same(
    sightline: CommandLine, folder: Path, contents: Callable[[Path], Contents]
) -> None:
    shutil.copy(folder / "lamp.txt", folder / "copy.txt")
    sightline.run("ingest", folder)
    before = contents(sightline.store)
    with Engine(sightline.store) as searching:
        assert searching.search("lamp")[0].document.title
        counts = sightline.json("ingest", folder, "--again")
        assert (counts["added"], counts["replaced"], counts["unchanged"]) == (0, 5, 1)
        assert contents(sightline.store) == before
        found = searching.search("red", k=50)
        assert len({hit.element.id for hit in found}) == len(found) == len(before["elements"])


def test_the_dry_run_agrees_with_the_real_run_and_changes_nothing(sightline: CommandLine, folder: Path) -> None:
    plan = sightline.json("ingest", folder, "--dry-run")
    assert not sightline.store.exists()
    report = sightline.json("ingest", folder)
    assert plan["files"] == report["documents"]
    assert plan["pages"] == report["pages"]
    assert plan["pictures"] == report["elements"]["image"]
    assert plan["passages"] == report["elements"]["text"]
    again = sightline.json("ingest", folder, "--dry-run")
    assert (again["unchanged"], again["pages"]) == (5, 0)


def test_include_and_exclude_are_globs(sightline: CommandLine, folder: Path) -> None:
    sightline.json("ingest", folder, "--include", "*.txt", "--exclude", "deep/**")
    assert sightline.sources() == ["lamp.txt"]


def test_a_path_that_is_not_there_is_an_error_and_not_a_traceback(sightline: CommandLine, tmp_path: Path) -> None:
    done = sightline.run("ingest", tmp_path / "nowhere", code=1)
    assert "nowhere" in done.stderr


def test_another_encoder_is_refused_with_exit_code_4_and_both_names(sightline: CommandLine, folder: Path) -> None:
    sightline.json("ingest", folder)
    done = sightline.process("search", "lamp", code=4, SIGHTLINE_ENCODERS="builtin")
    assert "colours" in done.stderr
    assert "builtin" in done.stderr
    sightline.run("ingest", folder, code=4, SIGHTLINE_ENCODERS="builtin")


def test_a_store_that_is_not_there_is_named_with_what_to_do(sightline: CommandLine) -> None:
    done = sightline.run("search", "lamp", code=1)
    assert "sightline ingest" in done.stderr


def test_an_unknown_setting_is_an_error_that_lists_the_known(sightline: CommandLine) -> None:
    done = sightline.run("status", code=2, SIGHTLINE_STOER="x")
    assert "SIGHTLINE_STOER" in done.stderr
    assert "store" in done.stderr


def test_deleting_a_document_leaves_the_file(sightline: CommandLine, folder: Path) -> None:
    sightline.json("ingest", folder)
    sightline.run("documents", "delete", "lamp.txt")
    assert "lamp.txt" not in sightline.sources()
    assert (folder / "lamp.txt").is_file()
    found = sightline.json("search", "lamp dusk oil")["hits"]
    assert "lamp.txt" not in {hit["document"]["source"] for hit in found}


def start(sightline: CommandLine, *arguments: str | Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [SIGHTLINE, *map(str, arguments)],
        env=sightline.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


@pytest.fixture
def large_folder(tmp_path: Path) -> Path:
    root = tmp_path / "large"
    root.mkdir()
    for number in range(60):
        paragraphs = "\n\n".join(f"Entry {number}.{line}: wind from the west." for line in range(40))
        (root / f"log-{number:02}.txt").write_text(paragraphs)
    return root


@pytest.mark.timeout(600)
def test_killing_an_ingest_twenty_times_gives_the_same_store(
    sightline: CommandLine, folder: Path, large_folder: Path, tmp_path: Path, contents: Callable[[Path], Contents]
) -> None:
    peaceful = CommandLine(tmp_path / "peaceful")
    began = time.monotonic()
    peaceful.json("ingest", folder, large_folder)
    usual = time.monotonic() - began
    chance = random.Random(7)
    for _ in range(20):
        running = start(sightline, "ingest", folder, large_folder)
        time.sleep(chance.uniform(0, usual))
        running.kill()
        running.wait()
    report = sightline.json("ingest", folder, large_folder)
    assert report["documents"] == 65
    assert contents(sightline.store) == contents(peaceful.store)
    with Engine(sightline.store) as engine:
        jobs = engine.jobs()
    assert {job.state for job in jobs} == {"done"}  # each that was killed was taken up by the same command
    assert sum(job.report.added for job in jobs if job.report is not None) == 65


def test_ctrl_c_keeps_what_was_read_and_the_same_command_goes_on(sightline: CommandLine, large_folder: Path) -> None:
    running = start(sightline, "ingest", large_folder)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and running.poll() is None:
        if (sightline.store / "media").exists() or _n_documents(sightline) > 0:
            break
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    assert running.wait(timeout=60) in (0, 130)
    report = sightline.json("ingest", large_folder)
    assert report["added"] + report["unchanged"] == 60
    assert report["documents"] == 60


def test_a_search_beside_an_ingest_always_sees_whole_documents(sightline: CommandLine, large_folder: Path) -> None:
    from rag import Engine, Filters, load_settings

    sightline.json("ingest", large_folder / "log-00.txt")
    running = start(sightline, "ingest", large_folder)
    seen: list[int] = []
    with Engine(settings=load_settings(store=sightline.store, encoders=("colours",))) as engine:
        while running.poll() is None:
            documents = engine.documents()
            seen.append(len(documents))
            newest = documents[-1]
            hits = engine.search("wind from the west", k=1000, filters=Filters(document=(newest.id,)))
            assert len(hits) == engine.count_elements(newest)["text"]
        assert running.wait() == 0
        assert len(engine.documents()) == 60
    assert seen == sorted(seen)


def _n_documents(sightline: CommandLine) -> int:
    import sqlite3

    path = sightline.store / "catalogue.sqlite"
    if not path.exists():
        return 0
    connection = sqlite3.connect(path, timeout=10)
    try:
        return int(connection.execute("SELECT COUNT(*) FROM documents").fetchone()[0])
    except sqlite3.OperationalError:  # the tables are being made
        return 0
    finally:
        connection.close()
