"""What holds for every command: JSON, an example that can be typed, errors of a line, colour, completion, the reference."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import webbrowser
from pathlib import Path
from typing import Any

import pytest

from rag.cli.reference import command_pages, commands, with_rows
from tests.unit.rag.cli.conftest import Line

ROOT = Path(__file__).resolve().parents[4]
COMMANDS = dict(commands())
COLOURED = "\x1b[1m"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_prints_json_teaches_and_is_taught(name: str) -> None:
    command: Any = COMMANDS[name]  # Any: typer keeps what its commands are to itself
    assert any("--json" in param.opts for param in command.params)
    assert command.help
    _, _, example = command.epilog.partition("For instance:  ")
    words = shlex.split(example)
    assert " ".join(words[: len(name.split())]) == name
    context = command.make_context(name, words[len(name.split()) :])  # raises for what the command does not know
    assert context.command is command


def test_the_groups_are_those_of_the_design(line: Line) -> None:
    told = line.run("--help")[0]
    for word in (
        "ingest search query serve status documents jobs models reindex verify backup restore eval config doctor"
        " collections"
    ).split():
        assert f"  {word} " in told
    assert {"list", "show", "delete"} <= {
        name.split()[-1] for name in COMMANDS if name.startswith("sightline documents")
    }
    assert {"list", "pull", "doctor"} <= {name.split()[-1] for name in COMMANDS if name.startswith("sightline models")}
    assert {"list", "show", "cancel", "resume"} <= {
        name.split()[-1] for name in COMMANDS if name.startswith("sightline jobs")
    }


def test_the_reference_is_that_of_the_commands() -> None:
    assert (ROOT / "docs" / "cli.md").read_text(encoding="utf-8") == command_pages(), "make reference"
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert page == with_rows(page), "make reference"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["documents", "show", "nothing.pdf"], 1, "documents list"),
        (["search"], 2, "Give some words"),
        (["search", "red", "--modality", "smell"], 2, "Modalities: text"),
        (["search", "red", "--encoder", "builtin"], 4, "reindex --encoder builtin"),
        (["status", "--store", "nowhere"], 1, "sightline ingest FOLDER --store nowhere"),
        (["ingest", "x", "--dry-run", "--watch"], 2, "Leave one of them out"),
    ],
)
def test_an_error_is_a_line_and_a_hint(line: Line, arguments: list[str], code: int, said: str) -> None:
    out, told = line.run(*arguments, code=code)
    assert out == ""
    first, hint = told.strip().splitlines()
    assert first.startswith("error ")
    assert said in hint


def test_colour_goes_to_terminals_alone_unless_it_is_asked_for(line: Line) -> None:
    assert COLOURED not in line.run("search", "red")[0]
    forced = line.run("search", "red", FORCE_COLOR="1", TERM="xterm-256color")[0]
    assert COLOURED in forced
    # Without colours: bold and dim are none, but every code that follows with 3x or 9x is.
    plain = line.run("search", "red", FORCE_COLOR="1", NO_COLOR="1", TERM="xterm-256color")[0]
    assert "\x1b[3" not in plain
    error = line.run("documents", "show", "none", code=1, FORCE_COLOR="1", TERM="xterm-256color")[1]
    assert "\x1b[1;31m" in error


def test_a_query_ends_with_numbered_sources(line: Line) -> None:
    out, _ = line.run("query", "What does the red lamp do?")
    text, _, sources = out.partition("\n\n")
    assert "The red lamp burns." in text
    assert sources.startswith("[1] notes/lamp.txt, page 1")


def test_open_shows_the_evidence_in_the_browser(line: Line, tmp_path: Path) -> None:
    class Told(webbrowser.BaseBrowser):
        shown: tuple[str, ...] = ()

        def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:
            Told.shown = (*Told.shown, url)
            return True

    webbrowser.register("told", Told, preferred=True)
    line.run("query", "What does the red lamp do?", "--open", "--html", tmp_path / "answer.html")
    line.run("query", "What does the red lamp do?", "--open", "--json")
    first, second = Told.shown
    assert first == (tmp_path / "answer.html").as_uri()
    assert "The red lamp burns" in Path(second.removeprefix("file://")).read_text()


def test_the_shell_is_told_how_to_complete() -> None:
    code = "import sys; sys.argv[0] = 'sightline'; from rag.cli import main; main()"
    environment = {"_SIGHTLINE_COMPLETE": "complete_bash", "COMP_WORDS": "sightline documents sh", "COMP_CWORD": "2"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["show"]


def test_settings_say_where_they_come_from(line: Line, tmp_path: Path) -> None:
    (tmp_path / "config" / "sightline").mkdir(parents=True)
    (tmp_path / "config" / "sightline" / "sightline.toml").write_text('device = "cpu"\nport = 1\nroute = "shared"\n')
    (tmp_path / "sightline.toml").write_text('port = 2\nroute = "caption"\n')
    found = line.json("config", "show", "--origin", "--store", tmp_path / "other", SIGHTLINE_ROUTE="fused")
    assert found["store"] == {"value": str(tmp_path / "other"), "origin": "flag"}
    assert found["route"] == {"value": "fused", "origin": "SIGHTLINE_ROUTE"}
    assert found["port"] == {"value": 2, "origin": str(tmp_path / "sightline.toml")}
    assert found["device"]["origin"] == str(tmp_path / "config" / "sightline" / "sightline.toml")
    assert found["workers"]["origin"] == "SIGHTLINE_WORKERS"
    assert found["bits"] == {"value": 16, "origin": "default"}
    assert line.json("config", "show")["port"] == 2
    shown = line.run("config", "show", "--origin")[0]
    assert "sightline.toml" in shown


def test_what_deletes_says_what_it_deleted(line: Line) -> None:
    assert line.json("documents", "delete", "sea.md")["deleted"]["source"] == "sea.md"
    told = line.json("collections", "delete", "default", "--yes")
    assert (told["collection"], told["documents"], told["forgotten"]) == ("default", 2, 2)


def test_where_a_service_answers_is_told_to_the_program_that_starts_it(line: Line) -> None:
    code = "import sys; sys.argv = ['sightline', 'serve', '--port', '0', '--json']; from rag.cli import main; main()"
    environment = {**line.environment, "PYTHONPATH": str(ROOT), "HOME": str(line.store.parent)}
    with subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
        finally:
            process.kill()
    assert told["url"].startswith("http://127.0.0.1:")
    assert told["store"] == str(line.store)
