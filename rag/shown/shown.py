"""What shows itself. Nothing is drawn, and no library loaded, before somebody looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pandas import DataFrame


class _Pretty(Protocol):
    """What IPython writes plain text with."""

    def text(self, words: str) -> None:
        """Write words."""


class Shown:
    """A result that a notebook, a terminal and pandas can show; see docs/client.md. All that documents say is escaped."""

    __slots__ = ()

    def __str__(self) -> str:
        """In words, for a terminal."""
        from rag.shown.words import plain

        return plain(self)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        """With thumbnails, boxes and footnotes, as one piece of HTML that fetches nothing and runs nothing."""
        from rag.shown.page import html

        return html(self)

    def _repr_markdown_(self) -> str:
        """For what shows no HTML."""
        from rag.shown.words import markdown

        return markdown(self)

    def _repr_pretty_(self, to: _Pretty, _cycle: bool) -> None:
        """For IPython in a terminal."""
        to.text(str(self))

    def to_pandas(self) -> DataFrame:
        """As a table, of the columns that docs/client.md names.

        Raises: MissingExtra without pandas.
        """
        from rag.shown.rows import frame

        return frame(self)
