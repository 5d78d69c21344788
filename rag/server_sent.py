"""Server-sent events, read line by line (WHATWG HTML, section 9.2.6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


class EventReader:
    """Takes the lines of a stream as they come, from whatever waits for them."""

    def __init__(self) -> None:
        self._name = ""
        self._data: list[str] = []

    def take(self, line: str) -> tuple[str, str] | None:
        """The event (name, data) that a line ends, if it ends one; comments, and events without data, are passed over."""
        if not line:
            name, data = self._name or "message", self._data
            self._name, self._data = "", []
            return (name, "\n".join(data)) if data else None
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            self._name = value
        elif field == "data":
            self._data.append(value)
        return None


def server_sent(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The events of a stream as (name, data); an event that was cut off is passed over."""
    reader = EventReader()
    for line in lines:
        event = reader.take(line)
        if event is not None:
            yield event
