from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from eval.changed import changes, shown
from eval.cli import app
from eval.report import recall_curve, write_report
from eval.runs import AnswerRow, Run
from eval.tables import quantile
from rag.errors import BadRequest
from tests.unit.eval.made import row, run

BEFORE = run(row("a", 1), row("b", None), row("c", 2, evidence="table"), row("d", 1), row("e", 1))
AFTER = run(row("a", None), row("b", 1), row("c", 1, evidence="table"), row("d", 1), row("e", 1))


class Reader(HTMLParser):
    """The tags of a page, and whether each that is opened is closed in its turn."""

    VOID = ("meta", "img", "br", "use", "path")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


def written(tmp_path: Path, *runs: Run) -> str:
    names = ("before", "after", "third", "fourth", "fifth", "sixth")
    path = write_report(list(zip(names, runs, strict=False)), tmp_path / "deep" / "report.html")
    return path.read_text(encoding="utf-8")


def test_a_report_is_one_whole_page_that_fetches_and_runs_nothing(tmp_path: Path) -> None:
    page = written(tmp_path, BEFORE, AFTER)
    read = Reader(page)
    assert read.open == []
    assert "default-src 'none'" in page
    assert "script" not in read.tags
    assert all(address.startswith(("#", "data:")) for address in read.addresses)
    assert read.tags.count("svg") == 3


def test_the_plots_take_the_colours_of_the_page(tmp_path: Path) -> None:
    plots = re.findall(r"<svg.*?</svg>", written(tmp_path, BEFORE, AFTER), re.DOTALL)
    assert all("var(--ink)" in plot or "var(--soft)" in plot for plot in plots)
    assert all("var(--run-1)" in plot and "var(--run-2)" in plot for plot in plots)
    assert not any(re.search(r"#0[1a]0[0-9]0[0-9]", plot) for plot in plots)


def test_a_run_keeps_its_colour_where_the_one_before_it_has_nothing_to_show(tmp_path: Path) -> None:
    answers = replace(BEFORE, rows=tuple(replace(one, wanted=(), measures={"abstention": 1.0}) for one in BEFORE.rows))
    curve, *_ = re.findall(r"<svg.*?</svg>", written(tmp_path, answers, AFTER), re.DOTALL)
    assert "var(--run-2)" in curve
    assert "var(--run-1)" not in curve


def test_recall_over_k_is_the_mean_share_of_evidence_up_to_k() -> None:
    assert recall_curve(BEFORE) == pytest.approx([0.6, 0.8, 0.8, 0.8, 0.8])
    assert recall_curve(replace(BEFORE, rows=())) == []


def test_the_questions_that_changed_most_come_first_worse_before_better(tmp_path: Path) -> None:
    found = changes(BEFORE, AFTER)
    assert [(one.before.id, one.by) for one in found] == [("a", -1.0), ("b", 1.0), ("c", 0.5)]
    assert [one.before.id for one in shown(found)] == ["a", "b", "c"]
    page = written(tmp_path, BEFORE, AFTER)
    assert re.findall(r"<h3>(What is \w\?)</h3>", page) == ["What is a?", "What is b?", "What is c?"]
    assert "Evidence: rank 1 in before, not found in after" in page
    assert "ndcg@5 fell for 1 and rose for 2 of 5 questions" in page


def test_what_others_wrote_is_shown_as_text(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    answer = AnswerRow(evil, True, (), (), ())
    first = replace(BEFORE.rows[0], question=evil, id=evil, labels={"evidence": (evil,)}, answer=answer)
    runs = [
        replace(one, rows=(replace(first, measures=one.rows[0].measures), *one.rows[1:])) for one in (BEFORE, AFTER)
    ]
    page = written(tmp_path, *runs)
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_abstention_is_counted_by_whether_there_is_an_answer(tmp_path: Path) -> None:
    silent, said = AnswerRow("", False, (), (), ()), AnswerRow("Oil.", True, (), (), ())
    rows = (
        replace(BEFORE.rows[0], answer=silent),
        replace(BEFORE.rows[1], answer=said),
        replace(BEFORE.rows[2], answer=silent, answerable=False),
    )
    cells = re.findall(r"<td>(yes|no)</td><td>(\d+)</td><td>(\d+)</td><td>([\d.]+)</td>", written(tmp_path, run(*rows)))
    assert cells == [("yes", "2", "1", "0.50"), ("no", "1", "1", "1.00")]


def test_one_run_is_reported_without_a_comparison(tmp_path: Path) -> None:
    assert "compared" not in written(tmp_path, BEFORE)


def test_runs_that_share_no_question_are_reported_without_a_comparison(tmp_path: Path) -> None:
    assert "Questions that changed" not in written(tmp_path, BEFORE, run(row("z", 1)))


def test_too_many_runs_or_two_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="6 runs"):
        written(tmp_path, *[BEFORE] * 6)
    with pytest.raises(BadRequest, match="same name"):
        write_report([("a", BEFORE), ("a", AFTER)], tmp_path / "report.html")


def test_the_same_runs_give_the_same_file(tmp_path: Path) -> None:
    assert written(tmp_path, BEFORE, AFTER) == written(tmp_path, BEFORE, AFTER)


@pytest.mark.parametrize(("share", "value"), [(0.0, 1.0), (0.5, 2.0), (0.75, 2.5), (1.0, 3.0)])
def test_a_quantile_lies_between_two_values_in_proportion(share: float, value: float) -> None:
    assert quantile([3.0, 1.0, 2.0], share) == value


def test_without_matplotlib_a_report_says_how_to_install_it(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "from eval.report import write_report\nfrom rag.errors import MissingExtra\n"
        "from tests.unit.eval.test_report import BEFORE\nfrom pathlib import Path\n"
        f"try: write_report([('a', BEFORE)], Path({str(tmp_path)!r}) / 'r.html')\n"
        "except MissingExtra as error: print(error.hint)"
    )
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == "Install it: pip install 'sightline[eval]'"


def test_the_command_line_loads_nothing_heavy() -> None:
    heavy = ("torch", "faiss", "transformers", "matplotlib", "ir_measures", "pymupdf", "numpy", "indexers", "api")
    code = f"import sys, eval.cli; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert {command.callback.__name__ for command in app.registered_commands if command.callback} == {
        "run", "compare", "report", "advise", "relevance", "unpack",
    }  # fmt: skip
