"""An answer told as a chat's message: its text as far as it is borne out, and at the end its sources."""

from __future__ import annotations

import json
from collections.abc import Sequence

from api.links import Links
from api.openai_compatible.footnotes import NOTHING_NEAR, annotated, footnotes, harmless, sources_of
from api.openai_compatible.wire import AnnotationJson, ChatUsageJson, MessageJson
from rag.types import Answer, AnswerEvent, Cited, Delta, Done, Evidence, Sources

UNFINISHED = ("!", "<")
"""A character that may become harmful with the one that follows it."""


class Telling:
    """Takes in the events of an answer, and gives what can be told of it: nothing is ever taken back.

    A chat cannot unsay what it has shown. So nothing is told until a sentence is borne out by its evidence; from then on the
    answer stands, and is told as it comes. Where none is, it is never told, and the message says so.
    """

    def __init__(self, links: Links, *, as_data: bool) -> None:
        """`as_data`: the answer is JSON, which no footnote may spoil."""
        self._links = links
        self._as_data = as_data
        self._evidence: Sequence[Evidence] = ()
        self._written = ""
        self._borne_out = False
        self.text = ""
        """All that was told."""
        self.refusal: str | None = None
        """Why there is no data, where it was asked for."""
        self.annotations: list[AnnotationJson] = []
        """Once the answer is whole."""

    def take(self, event: AnswerEvent) -> str:
        """What an event adds to the text; often nothing."""
        match event:
            case Sources(evidence):
                self._evidence = evidence
            case Delta(text):
                self._written += text
            case Cited(sentence, _):
                self._borne_out = self._borne_out or sentence.support == "supported"
            case Done(answer):
                return self._ended(answer)
        return self._told(self._written.rstrip("".join(UNFINISHED))) if self._borne_out and not self._as_data else ""

    def message(self) -> MessageJson:
        """The whole message, at the end."""
        return {
            "role": "assistant",
            "content": None if self.refusal else self.text,
            "refusal": self.refusal,
            "annotations": self.annotations,
        }

    def _ended(self, answer: Answer) -> str:
        if self._as_data:
            if not answer.answerable:
                self.refusal = answer.text
                return ""
            self.text = json.dumps(answer.data, ensure_ascii=False)
            return self.text
        before = len(self.text)
        self._told(answer.text if answer.answerable or self._evidence else NOTHING_NEAR)
        sources = sources_of(answer, self._evidence, self.text, self._links)
        self.annotations = annotated(self.text, answer, sources)
        self.text += footnotes(answer, sources, self._links)
        return self.text[before:]

    def _told(self, text: str) -> str:
        """Tell a text as far as it was not told yet; what was told stands, also where the answer ended up shorter."""
        shown = harmless(text)
        new = shown[len(self.text) :] if shown.startswith(self.text) else ""
        self.text += new
        return new


def usage_json(answer: Answer) -> ChatUsageJson:
    """What an answer took, in OpenAI's words."""
    usage = answer.usage
    return {
        "prompt_tokens": usage.tokens_in,
        "completion_tokens": usage.tokens_out,
        "total_tokens": usage.tokens_in + usage.tokens_out,
    }
