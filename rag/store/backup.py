"""A store as one file, made beside whatever works on the store, and a store made from such a file.

The archive is a plain tar, so that its contents can be had without Sightline: `manifest.json`, which names the rest and its
digests; `catalogue.sqlite`, a snapshot by SQLite's backup API; `media/…`, each file named by its own digest. Caches are left
out: they are made again. So are the bytes of uploads that still wait to be taken; their jobs say so when they are taken up.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import secrets
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from rag.errors import BadRequest, NoRoom, StoreBusy, StoreDamaged, UnreadablePath
from rag.store.verify import KEEPS_ORIGINAL

if TYPE_CHECKING:
    from rag.store.store import Store

FORMAT = "sightline-backup-1"
CATALOGUE = "catalogue.sqlite"
MANIFEST = "manifest.json"
MOST_MANIFEST_BYTES = 2**28
"""Three million media."""
CHUNK = 2**20
OnFile = Callable[[int, int], None]
"""Told how many files are done, of how many."""


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What an archive holds."""

    path: str
    documents: int
    media: int
    bytes: int
    """Of the archive."""
    left_out: tuple[str, ...] = ()
    """Media that the catalogue names and that are gone or damaged: `sightline verify` says what to do."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What a store was made from."""

    store: str
    documents: int
    media: int
    made: str
    """When the archive was made, UTC, ISO 8601."""


@dataclass(frozen=True, slots=True)
class _Manifest:
    format: str
    made: str
    documents: int
    catalogue: str
    """sha256 of the catalogue's file."""
    media: list[str]
    """Names of the media, `ab/abcd….jpg`; each is its own digest."""


def back_up(store: Store, path: Path, *, force: bool = False, on_file: OnFile = lambda done, total: None) -> BackedUp:
    """Write a store to one file, whole or not at all; others may read and write the store meanwhile.

    It is the state of one moment: what is committed afterwards is not in it, what is deleted afterwards is.
    Raises: BadRequest if there is a file already and `force` is false; NoRoom; UnreadablePath if it cannot be written there.
    """
    path = path.expanduser().absolute()
    if path.exists() and not force:
        raise BadRequest(f"There is a file at {path} already.", hint="Name another, or say that it goes: --force")
    with _writing(path) as folder, store.holding_media():
        snapshot = folder / CATALOGUE
        _copy_catalogue(store, snapshot)
        documents, needed = _contents(snapshot)
        files = {file.stem: file for file in store.media.files() if file.stem in needed}
        _refuse_without_room(path.parent, snapshot.stat().st_size + sum(file.stat().st_size for file in files.values()))
        whole = [file for file in sorted(files.values()) if _digest(file) == file.stem]
        manifest = _Manifest(
            format=FORMAT,
            made=datetime.now(UTC).isoformat(timespec="seconds"),
            documents=documents,
            catalogue=_digest(snapshot),
            media=[f"{file.parent.name}/{file.name}" for file in whole],
        )
        unfinished = folder / path.name
        with unfinished.open("wb") as file:
            with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
                _add_text(archive, MANIFEST, json.dumps(asdict(manifest), indent=1))
                archive.add(snapshot, CATALOGUE, filter=_nameless)
                for number, one in enumerate(whole, start=1):
                    archive.add(one, f"media/{one.parent.name}/{one.name}", filter=_nameless)
                    on_file(number, len(whole))
            _sync(file)
        size = unfinished.stat().st_size
        unfinished.replace(path)
        _sync_folder(path.parent)
    store.sweep()  # what was deleted meanwhile
    left_out = tuple(sorted(_required(needed) - {file.stem for file in whole}))
    return BackedUp(str(path), documents, len(whole), size, left_out)


def restore(path: Path, root: Path, *, force: bool = False, on_file: OnFile = lambda done, total: None) -> Restored:
    """Make a store from an archive, whole or not at all; every byte is checked before anything is put in its place.

    With `force` a store that is there is replaced; a service that runs on it goes on with what it opened, so stop it first.
    Raises: BadRequest if there is a store already and `force` is false, or a folder with other things; StoreDamaged if the
        archive is no backup, cut short or changed; StoreBusy if an ingest runs on the store; NoRoom; UnreadablePath.
    """
    root = root.expanduser().absolute()
    if root.exists() and not _is_empty(root):
        _refuse_to_replace(root, force=force)
    try:
        size = path.expanduser().stat().st_size
        root.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{root.name}-restoring-", dir=root.parent))
    except OSError as error:
        raise UnreadablePath(f"{path} cannot be restored to {root}: {error}.", hint="Check both paths.") from error
    try:
        _refuse_without_room(root.parent, size)
        manifest = _unpack(path.expanduser(), beside, on_file)
        _check_catalogue(beside / CATALOGUE, path)
        _put_in_place(beside, root)
    except OSError as error:
        raise UnreadablePath(f"{root} cannot be made: {error}.", hint="Restore into a new folder.") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return Restored(str(root), manifest.documents, len(manifest.media), manifest.made)


# Writing


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[Path]:
    """A folder beside the file that is to be, gone at the end."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{path.name}-unfinished-", dir=path.parent) as folder:
            yield Path(folder)
    except OSError as error:
        raise UnreadablePath(
            f"{path} cannot be written: {error}.", hint="Check the folder and its free space."
        ) from error


def _copy_catalogue(store: Store, target: Path) -> None:
    """The state of one moment, in one step: done in several, others' writes would make it begin again and again."""
    with store.catalogue.snapshot() as reading:
        copy = sqlite3.connect(target)
        try:
            reading.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
        finally:
            copy.close()
    with target.open("rb") as file:
        os.fsync(file.fileno())


def _contents(catalogue: Path) -> tuple[int, dict[str, bool]]:
    """How many documents a catalogue holds, and the hashes that it names, each with whether there must be a file."""
    with contextlib.closing(sqlite3.connect(catalogue)) as reading:
        (documents,) = reading.execute("SELECT COUNT(*) FROM documents").fetchone()
        originals = reading.execute("SELECT id, media_type = ? FROM documents", [KEEPS_ORIGINAL])
        named = {id: bool(must) for id, must in originals}
        shown = reading.execute("SELECT DISTINCT media FROM elements WHERE media IS NOT NULL")
        return int(documents), named | dict.fromkeys((digest for (digest,) in shown), True)


def _required(needed: dict[str, bool]) -> set[str]:
    return {digest for digest, must in needed.items() if must}


def _add_text(archive: tarfile.TarFile, name: str, text: str) -> None:
    member = tarfile.TarInfo(name)
    data = text.encode()
    member.size = len(data)
    archive.addfile(member, io.BytesIO(data))


def _nameless(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Whose the file was says nothing elsewhere."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


# Reading


def _unpack(path: Path, folder: Path, on_file: OnFile) -> _Manifest:
    """Write what an archive holds below a folder, each file checked against its digest."""
    try:
        with tarfile.open(path, "r:") as archive:
            members = iter(archive)
            manifest = _read_manifest(archive, next(members, None), path)
            left = {f"media/{name}": Path(name).stem for name in manifest.media} | {CATALOGUE: manifest.catalogue}
            total = len(left)
            for member in members:
                expected = left.pop(member.name, None)
                source = archive.extractfile(member) if member.isreg() and not member.issparse() else None
                if expected is None or source is None:
                    raise _no_backup(path, f"it holds {member.name!r}, which it does not name")
                if _write(source, folder / member.name) != expected:
                    raise _no_backup(path, f"{member.name} is damaged in it")
                on_file(total - len(left), total)
    except (tarfile.TarError, EOFError, ValueError, TypeError, KeyError) as error:
        raise _no_backup(path, str(error) or type(error).__name__) from error
    except OSError as error:
        raise UnreadablePath(
            f"{path} cannot be restored: {error}.", hint="Check the path and the free space."
        ) from error
    if left:
        raise _no_backup(path, f"{len(left)} of {total} files are missing in it, {min(left)} for one")
    return manifest


def _read_manifest(archive: tarfile.TarFile, first: tarfile.TarInfo | None, path: Path) -> _Manifest:
    file = archive.extractfile(first) if first is not None and first.name == MANIFEST else None
    if file is None:
        raise _no_backup(path, f"it does not begin with {MANIFEST}")
    manifest = _Manifest(**json.loads(file.read(MOST_MANIFEST_BYTES)))
    if manifest.format != FORMAT:
        raise _no_backup(path, f"its format is {manifest.format!r}, not {FORMAT!r}")
    for name in manifest.media:
        folder, _, file_name = str(name).partition("/")
        digest, _, ending = file_name.partition(".")
        # The names become paths: nothing but a hash below its first two digits, and a plain ending.
        if len(digest) != 64 or not digest.isalnum() or folder != digest[:2] or not ending.isalnum():
            raise _no_backup(path, f"it names {name!r}")
    return manifest


def _write(source: IO[bytes], target: Path) -> str:
    """Write a file durably. Returns: its sha256, hex."""
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with target.open("xb") as file:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
            file.write(chunk)
        _sync(file)
    return digest.hexdigest()


def _check_catalogue(catalogue: Path, path: Path) -> None:
    try:
        with contextlib.closing(sqlite3.connect(catalogue)) as reading:
            told = [text for (text,) in reading.execute("PRAGMA quick_check(1)").fetchall()]
    except sqlite3.DatabaseError as error:
        raise _no_backup(path, f"its catalogue cannot be read: {error}") from error
    if told != ["ok"]:
        raise _no_backup(path, f"its catalogue is damaged: {told[0]}")


def _refuse_to_replace(root: Path, *, force: bool) -> None:
    from rag.store.store import Store

    if not (root / CATALOGUE).is_file():
        raise BadRequest(f"{root} holds other things than a store.", hint="Name a folder that is empty, or not there.")
    if not force:
        raise BadRequest(
            f"There is a store at {root} already.", hint="Name another folder, or say that it goes: --force"
        )
    try:
        with Store(root) as store, store.alone() as alone:
            busy = not alone
    except StoreDamaged:  # which is what it is replaced for
        return
    if busy:
        raise StoreBusy(f"Something is being ingested into {root}.", hint="Wait for it to end, or cancel its job.")


def _put_in_place(beside: Path, root: Path) -> None:
    """Rename the new store to where it belongs; what was there is whole under another name until that is done."""
    before = root.with_name(f".{root.name}-before-{secrets.token_hex(4)}")
    beside.chmod(0o755)  # it was made for nobody else to read, as folders for a while are
    if root.exists():
        root.replace(before)
    try:
        beside.replace(root)
    except OSError:
        if before.exists():
            before.replace(root)
        raise
    _sync_folder(root.parent)
    shutil.rmtree(before, ignore_errors=True)


def _no_backup(path: Path, reason: str) -> StoreDamaged:
    return StoreDamaged(
        f"{path} is no whole backup of a store: {reason}.", hint="Nothing was changed. Take another copy of the file."
    )


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and not any(folder.iterdir())


def _refuse_without_room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise NoRoom(
            f"{needed // 2**20} MiB are needed in {folder}, {free // 2**20} MiB are free.",
            hint="Make room, or go elsewhere.",
        )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
