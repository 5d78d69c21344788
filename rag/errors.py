"""One tree of errors. Each has a stable `code`, says what happened to which thing, and carries a `hint`: what to do now."""

from __future__ import annotations


class SightlineError(Exception):
    """The root of every error that Sightline raises on purpose."""

    code = "error"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


# A file that cannot be taken


class FileRefused(SightlineError):
    """A file was not taken; the rest of the folder goes on."""

    code = "file_refused"


class UnsupportedFile(FileRefused):
    """No reader knows this kind of file, or its contents are of another kind than its name says."""

    code = "unsupported_file"


class DamagedFile(FileRefused):
    """The file cannot be decoded."""

    code = "damaged_file"


class EncryptedFile(FileRefused):
    """The file asks for a password."""

    code = "encrypted_file"


class EmptyFile(FileRefused):
    """There is nothing in the file."""

    code = "empty_file"


class FileTooLarge(FileRefused):
    """The file, one of its pictures or its number of pages is over a limit."""

    code = "file_too_large"


class FileTooSlow(FileRefused):
    """Reading took longer than the limit, and was stopped."""

    code = "file_too_slow"


class ReaderDied(FileRefused):
    """The process that read the file died or ran out of its memory; the file is named, the rest goes on."""

    code = "reader_died"


class UnreadablePath(FileRefused):
    """The path cannot be opened: it is gone, or permission is missing."""

    code = "unreadable_path"


# The store


class StoreNotFound(SightlineError):
    """There is no store at the path."""

    code = "store_not_found"


class StoreDamaged(SightlineError):
    """The catalogue is not a Sightline catalogue, of an unknown version, or damaged."""

    code = "store_damaged"


class StoreBusy(SightlineError):
    """Another process held the store for too long."""

    code = "store_busy"


class NoRoom(SightlineError):
    """The disk cannot hold what would be written; nothing was changed."""

    code = "no_room"


class ModelMismatch(SightlineError):
    """The store was made with another encoder; the message names both."""

    code = "model_mismatch"


class UnknownDocument(SightlineError):
    """No document goes by this id or name."""

    code = "unknown_document"


class UnknownElement(SightlineError):
    """No element goes by this id."""

    code = "unknown_element"

    @classmethod
    def of(cls, element: str) -> UnknownElement:
        """The error for an element's id."""
        return cls(
            f"No element goes by {element[:80]!r}.", hint="Ids come with search results, in the field `element`."
        )


class UnknownCollection(SightlineError):
    """No collection goes by this name."""

    code = "unknown_collection"


class UnknownMedia(SightlineError):
    """No picture goes by this hash."""

    code = "unknown_media"


class UnknownJob(SightlineError):
    """No job goes by this id."""

    code = "unknown_job"


class JobEnded(SightlineError):
    """The job has ended in a way that leaves nothing to cancel, or to take up again."""

    code = "job_ended"


# What was asked


class BadRequest(SightlineError):
    """A value is outside what is allowed; the message names the value and what is allowed."""

    code = "bad_request"


class IdempotencyMismatch(SightlineError):
    """The same idempotency key came with other files before."""

    code = "idempotency_mismatch"


class OutsideRoots(SightlineError):
    """The path lies under none of the folders that the service may read."""

    code = "outside_roots"


class BadSetting(SightlineError):
    """A setting is unknown or has an impossible value."""

    code = "bad_setting"


# Models


class MissingExtra(SightlineError):
    """An optional part is not installed; the hint is the line that installs it."""

    code = "missing_extra"


class ModelNotFound(SightlineError):
    """No model goes by this name, or its weights are not on this machine."""

    code = "model_not_found"


class WeightsDamaged(SightlineError):
    """A weight file's digest is not the expected one."""

    code = "weights_damaged"


class EncodeFailed(SightlineError):
    """A model gave a vector that is not finite, or was given what it cannot take."""

    code = "encode_failed"


class GenerateFailed(SightlineError):
    """A generator broke off."""

    code = "generate_failed"


class SchemaMismatch(SightlineError):
    """A generator did not give its answer in the form that was asked for."""

    code = "schema_mismatch"


# Over the wire


class ServerUnreachable(SightlineError):
    """No server answers at the address."""

    code = "server_unreachable"


class ServerRefused(SightlineError):
    """The server answered with an error; `code` is the server's."""

    code = "server_refused"


def first_line(error: BaseException) -> str:
    """What a library's error says first, without its full stop; its type where it says nothing."""
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
