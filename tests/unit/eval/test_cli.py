from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from eval.cli import app
from eval.runs import read_run, write_run
from rag.errors import BadRequest, SightlineError
from tests.unit.eval.made import row, run


def done(*arguments: str | Path, code: int = 0) -> tuple[str, str]:
    """What a command prints on stdout and stderr; what it raises."""
    found = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if isinstance(found.exception, SightlineError):
        raise found.exception
    assert found.exit_code == code, found.output
    return found.stdout, found.stderr


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Path, Path]:
    """Two runs, the second worse by one of four questions."""
    before, after = tmp_path / "before.jsonl", tmp_path / "after.jsonl"
    rows = [row(id, 1) for id in "abcd"]
    write_run(run(*rows), before)
    write_run(run(row("a", None, evidence="text"), *rows[1:]), after)
    return before, after


def test_a_run_prints_one_json_object_and_keeps_every_row(dataset: Path, store: Path, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    out, err = done("run", dataset, "--store", store, "--k", "5,1", "--scope", "store", "-o", path, "--json")
    found = json.loads(out)
    assert (found["header"]["scope"], found["header"]["hits"], found["header"]["ks"]) == ("store", 5, [1, 5])
    assert list(found["slices"][0]["measures"]) == ["recall@1", "recall@5", "mrr", "ndcg@5"]
    assert [one.id for one in read_run(path).rows] == ["lamps#0", "lamps#1", "boats#0"]
    assert str(path) in err


def test_a_run_prints_a_table_with_intervals(dataset: Path, store: Path, tmp_path: Path) -> None:
    out, _ = done("run", dataset, "--store", store, "--k", "5", "-o", tmp_path / "run.jsonl")
    assert "the question's document given, route fused, 5 hits" in out
    # Recall is 1 and 0.5 on lamps.pdf, 0 on boats.pdf. Four draws of lamps.pdf in a row give 1 in 1.6 % of the samples and
    # 0.875 in 6 %, so that the upper end is 0.875.
    assert "0.500 (0.00-0.88)" in out


def test_a_run_without_a_place_is_kept_below_runs(
    dataset: Path, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done("run", dataset, "--store", store)
    (path,) = Path("runs").iterdir()
    assert path.name.startswith("dataset-fused-given-")
    assert read_run(path).header.ks == (1, 5, 10)


@pytest.mark.parametrize("depths", ["five", "0,5", "", "2000"])
def test_an_impossible_depth_is_an_error_that_says_what_is_possible(dataset: Path, store: Path, depths: str) -> None:
    with pytest.raises(BadRequest, match="--k cannot be"):
        done("run", dataset, "--store", store, "--k", depths)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--judge", "chat:openai:any"], "none are asked for"),
        (["--scope", "wrong"], "nothing to find"),
        (["--answers", "--judge", "extractive"], "cannot judge"),
    ],
)
def test_what_does_not_go_together_is_refused(dataset: Path, store: Path, arguments: list[str], message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        done("run", dataset, "--store", store, *arguments)


def test_a_comparison_is_a_table_of_differences(runs: tuple[Path, Path]) -> None:
    out, _ = done("compare", *runs)
    assert "before.jsonl → after.jsonl: 4 questions in both" in out
    assert "-0.250 (-0.750 to +0.000)" in out


@pytest.mark.parametrize(
    ("conditions", "failed"),
    [
        (["recall@5 < -0.01"], ["recall@5 < -0.01"]),
        (["recall@5 < -0.25"], []),
        (["recall@5 < -0.3", "mrr < 0", "recall@1 < -0.1"], ["mrr < 0", "recall@1 < -0.1"]),
    ],
)
def test_a_comparison_fails_when_a_condition_holds(
    runs: tuple[Path, Path], conditions: list[str], failed: list[str]
) -> None:
    flags = [part for text in conditions for part in ("--fail-if", text)]
    out, err = done("compare", *runs, *flags, "--json", code=1 if failed else 0)
    assert json.loads(out)["failed"] == failed
    assert err.splitlines() == [f"failed: {text}" for text in failed]


def test_advice_is_one_json_object_and_a_file_of_rows_for_each_contender(store: Path, tmp_path: Path) -> None:
    out, err = done("advise", store, "-o", tmp_path / "advice", "--json", "--questions", "3")
    found = json.loads(out)
    assert found["questions"] == {"text": 2, "scan": 1}
    assert found["recommendation"].startswith(f"Take the route {found['route']}: recall@5 ")
    names = [one["name"] for one in found["contenders"]]
    assert sorted(names) == ["caption", "fused", "shared"]
    for one in found["contenders"]:
        rows = read_run(Path(one["run"])).rows
        assert len(rows) == one["measures"]["recall@5"]["n"] == 3
    assert str(tmp_path / "advice") in err


def test_advice_is_a_table_and_a_sentence(store: Path, tmp_path: Path) -> None:
    out, _ = done("advise", store, "-o", tmp_path / "advice")
    assert "Known items of this store: 2 text, 2 scan" in out
    assert re.search(
        r"^Take the route (caption|fused|shared): recall@5 [\d.]+, mrr [\d.]+ on 4 questions; .*\.$", out, re.M
    )
    assert "So few questions tell little" in out
    assert re.search(r"^Set it: SIGHTLINE_ROUTE=", out, re.M)


def test_relevance_prints_one_json_object_or_lines_to_read(dataset: Path, store: Path) -> None:
    out, _ = done("relevance", dataset, "--store", store, "--json")
    assert set(json.loads(out)) == {"asked", "auc"}
    assert "0.000  right document (0 of 3)" in done("relevance", dataset, "--store", store)[0]


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (["lib-fused", "lib-caption"], ["fused", "caption"]),
        (["lib-fused", "lib-fused-late"], ["fused", "fused-late"]),
        (["shared", "shot"], ["shared", "shot"]),
        (["lib-fused"], ["lib-fused"]),
    ],
)
def test_a_report_calls_runs_by_what_their_names_do_not_share(
    runs: tuple[Path, Path], tmp_path: Path, files: list[str], names: list[str]
) -> None:
    paths = [runs[0].rename(tmp_path / f"{files[0]}.jsonl"), *(tmp_path / f"{name}.jsonl" for name in files[1:])]
    for path in paths[1:]:
        runs[1].rename(path)
    out, _ = done("report", *paths, "-o", tmp_path / "report.html")
    assert out.strip() == str(tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    heads = re.search(r'<thead><tr><th scope="col"></th>(.*?)</tr>', page)
    assert heads is not None
    assert re.findall(r"</span>([^<]*)</th>", heads[1]) == names
