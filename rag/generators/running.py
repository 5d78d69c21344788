"""A model that writes in a thread of its own, and what it has written so far."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from itertools import takewhile
from queue import SimpleQueue
from typing import Any, TypeAlias

import torch
from transformers import StoppingCriteria, StoppingCriteriaList
from transformers.generation.streamers import BaseStreamer

Say: TypeAlias = Callable[[str], None]
_BROKEN = "\ufffd"
"""What a decoder writes for a character of which some tokens are still to come."""
_OPEN, _CLOSE = "<think>", "</think>"


class _Ended(Exception):
    """Carries nothing: it only marks the end in the queue."""


def in_thread(work: Callable[[Say, threading.Event], None]) -> Iterator[str]:
    """Yield what `work` says, while it runs in a thread; closing the iterator sets its event and waits for it to end.

    Raises: whatever `work` raises, once all that it said before has been heard.
    """
    heard: SimpleQueue[str | BaseException] = SimpleQueue()
    stop = threading.Event()

    def run() -> None:
        try:
            work(heard.put, stop)
        except BaseException as error:  # it is raised again in the thread that listens
            heard.put(error)
        else:
            heard.put(_Ended())

    thread = threading.Thread(target=run, name="vision-language model", daemon=True)
    thread.start()
    try:
        while not isinstance(said := heard.get(), BaseException):
            yield said
        if not isinstance(said, _Ended):
            raise said
    finally:
        stop.set()
        thread.join()


class Stop(StoppingCriteria):
    """Ends a generation at the next token, once its event is set."""

    def __init__(self, event: threading.Event) -> None:
        self._event = event

    # Any, and arguments that are not looked at: as transformers declares it.
    def __call__(self, input_ids: torch.Tensor, scores: Any, **kwargs: Any) -> Any:  # noqa: ARG002
        """Whether each row is to end. -> bool (n,)."""
        return torch.full((input_ids.shape[0],), self._event.is_set(), dtype=torch.bool, device=input_ids.device)


def stopped_by(event: threading.Event) -> StoppingCriteriaList:
    """What makes `generate` heed an event."""
    return StoppingCriteriaList([Stop(event)])


class Words(BaseStreamer):
    """Turns tokens, as they come, into stretches of text that are final: together they are the whole text decoded."""

    def __init__(self, decode: Callable[[list[int]], str], say: Say) -> None:
        self._decode, self._say = decode, say
        self._prompt_is_over = False
        self._ids: list[int] = []
        self._said = ""

    @property
    def n_tokens(self) -> int:
        """How many tokens have been written."""
        return len(self._ids)

    def put(self, value: torch.Tensor) -> None:
        """Take the next token; the first call brings the prompt."""
        if not self._prompt_is_over:
            self._prompt_is_over = True
            return
        self._ids.extend(int(one) for one in value.flatten().tolist())
        text = self._decode(self._ids).rstrip(_BROKEN)
        # Decoders may change what they wrote last once they see what follows: it is said when it no longer changes.
        if len(text) > len(self._said) and text.startswith(self._said):
            self._say(text[len(self._said) :])
            self._said = text

    def end(self) -> None:
        """Say what was held back."""
        text = self._decode(self._ids)
        n_same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(text, self._said, strict=False)))
        if rest := text[n_same:]:
            self._say(rest)


def only_the_answer(pieces: Iterator[str], *, thinking: bool = False) -> Iterator[str]:
    """What is said, without what is thought aloud between `<think>` and `</think>`, and without blanks around it.

    `thinking`: the thought was begun by the template. One that never ends was no answer.
    """
    text = _OPEN if thinking else ""
    begun = False
    for piece in pieces:
        text += piece
        if not begun:
            text = text.lstrip()
            if text.startswith(_OPEN) and _CLOSE in text:
                text = text.partition(_CLOSE)[2].lstrip()
            if not text or text.startswith(_OPEN) or _OPEN.startswith(text):
                continue
            begun = True
        ready = text.rstrip()
        if ready:
            yield ready
            text = text[len(ready) :]
    if not begun and not text.startswith(_OPEN) and text.rstrip():
        yield text.rstrip()
