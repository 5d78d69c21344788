"""Rows of a JSON Lines, CSV or TSV file, each with the place that an error names."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rag.errors import DamagedFile, UnreadablePath, UnsupportedFile
from rag.types import JsonValue

ENDINGS = (".jsonl", ".tsv", ".csv")
LONGEST_CELL = 1 << 30
"""Characters: a page image in base64 is one cell."""
CONVERT = (
    'pip install pyarrow && python -c "import base64, json, sys, pyarrow.parquet as p;'
    " [print(json.dumps(row, default=lambda raw: base64.b64encode(raw).decode()))"
    ' for row in p.read_table(sys.argv[1]).to_pylist()]"'
)
"""Turns a parquet file into JSON Lines, pictures in base64."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row, and where it stands."""

    place: str
    """File and line, for an error."""
    fields: Mapping[str, JsonValue]


def read_lines(path: Path, *, hint: str) -> list[tuple[str, str]]:
    """The lines of a UTF-8 file that hold something, each after its place (file and line).

    Raises: UnreadablePath with the hint if the file cannot be opened; DamagedFile if it is not UTF-8.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UnreadablePath(f"{path} cannot be read: {error.strerror}.", hint=hint) from error
    except UnicodeDecodeError as error:
        raise DamagedFile(f"{path} is not UTF-8.", hint="Write it in UTF-8.") from error
    # Not splitlines: a paragraph separator inside a JSON string ends no line.
    return [(f"{path}, line {at}", line) for at, line in enumerate(text.split("\n"), start=1) if line.strip()]


def read_table(path: Path) -> list[TableRow]:
    """Every row of a `.jsonl`, `.tsv` or `.csv` file; the latter two begin with the names of their columns.

    Raises: UnreadablePath; DamagedFile if a line is not of the form; UnsupportedFile for a parquet file, with the line that
        converts it, or any other.
    """
    match path.suffix.casefold():
        case ".jsonl":
            return list(_json_rows(path))
        case ".csv":
            return list(_separated_rows(path, ","))
        case ".tsv":
            return list(_separated_rows(path, "\t"))
        case _:
            raise unsupported(path)


def unsupported(path: Path) -> UnsupportedFile:
    """The error for a file of another form."""
    to = path.with_suffix(".jsonl").name
    return UnsupportedFile(
        f"{path} is neither JSON Lines, TSV nor CSV.",
        hint=f"Convert it: {CONVERT} {path.name} > {to}" if path.suffix == ".parquet" else f"Write it as {to}.",
    )


def _json_rows(path: Path) -> Iterator[TableRow]:
    for place, line in read_lines(path, hint="Look at its name and permissions."):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise DamagedFile(f"{place} is not JSON: {error}.", hint="Write one JSON object per line.") from error
        if not isinstance(row, dict):
            raise DamagedFile(f"{place} is not a JSON object.", hint="Write one JSON object per line.")
        yield TableRow(place, row)


def _separated_rows(path: Path, separator: str) -> Iterator[TableRow]:
    csv.field_size_limit(LONGEST_CELL)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            # Quotes in TSV as BEIR writes it are letters like others.
            reader = (
                csv.reader(file, delimiter=separator, quoting=csv.QUOTE_NONE)
                if separator == "\t"
                else csv.reader(file, delimiter=separator)
            )
            names = next(reader, [])
            for cells in reader:
                if not any(cells):
                    continue
                place = f"{path}, line {reader.line_num}"
                if len(cells) != len(names):
                    raise DamagedFile(
                        f"{place} has {len(cells)} columns, its first line {len(names)}.",
                        hint=f"The first line names the columns, here: {', '.join(names)}.",
                    )
                yield TableRow(place, dict(zip(names, cells, strict=True)))
    except OSError as error:
        raise UnreadablePath(f"{path} cannot be read: {error.strerror}.", hint="Look at its permissions.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DamagedFile(f"{path} cannot be read: {error}.", hint="Write it in UTF-8.") from error


def digest(paths: list[Path]) -> str:
    """sha256 over the names and bytes of files, in the order given, hex."""
    total = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            total.update(path.name.encode() + b"\0" + hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()
