"""A job followed to its end: how far it is, which files it could not take, and what is done should the line break."""

from __future__ import annotations

from dataclasses import dataclass, field

from rag.asking import Conversation, Json, Listen, Pause, Request
from rag.errors import ServerUnreachable
from rag.from_wire import job_event_from_json
from rag.ingest_bar import IngestBar
from rag.types import Job, JobFile

PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds before a job is listened to again: a service that is started anew goes on with it by itself."""


@dataclass(slots=True)
class _Heard:
    """What was heard of a job by now."""

    job: Job
    bar: IngestBar
    n_before: int
    """Files of earlier jobs that the bar counts too."""
    failed: set[str] = field(default_factory=set)

    def hear(self, name: str, data: Json) -> bool:
        """Show an event; whether it was the last."""
        match job_event_from_json(name, data):
            case Job() as job:
                self.job = job
                if job.current:
                    self.bar.reading(job.current)
                self.bar.done(self.n_before + job.files.done + job.files.failed)
            case JobFile(source, "failed") as file if source not in self.failed:
                self.failed.add(source)
                self.bar.refused(file.reason)
        return name == "end"


def followed(job: Job, bar: IngestBar, *, n_before: int) -> Conversation[Job]:
    """The job once it has ended; `bar` shows it meanwhile.

    Where the stream breaks off it is listened to again, for half a minute without a word.
    Raises: ServerUnreachable if the service does not come back; UnknownJob, as ServerRefused, if it has forgotten the job.
    """
    heard = _Heard(job, bar, n_before)
    pauses = iter(PAUSES)
    while not heard.job.has_ended:
        before = heard.job
        try:
            yield Listen(Request("GET", f"/v1/jobs/{job.id}/events"), heard.hear)
        except ServerUnreachable as error:
            if heard.job != before:
                pauses = iter(PAUSES)
            pause = next(pauses, None)
            if pause is None:
                raise ServerUnreachable(
                    f"The service ended before the job {job.id}.", hint="The job goes on once the service runs again."
                ) from error
            yield Pause(pause)
    return heard.job
