"""A generator that says what it is told to say, so that what comes of it can be worked out in the head."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

from rag.protocols import Tell, tell_nobody
from rag.types import Budget, Prompt, Usage

Script = Callable[[Prompt], Sequence[str]] | Sequence[str]


class ScriptedGenerator:
    """Says its scripts, one for each time it is asked, the last one from then on."""

    def __init__(
        self, *scripts: Script | str, budget: Budget | None = None, instructed: bool = True, name: str = "scripted"
    ) -> None:
        self.name = name
        self.budget = budget or Budget()
        self.instructed = instructed
        self.prompts: list[Prompt] = []
        self.stopped = threading.Event()
        """Set when the last of what it says was said, or it was stopped."""
        self._scripts = scripts

    def generate(self, prompt: Prompt, tell: Tell = tell_nobody) -> Iterator[str]:
        script = self._scripts[min(len(self.prompts), len(self._scripts) - 1)]
        self.prompts.append(prompt)
        pieces = script(prompt) if callable(script) else script
        n_said = 0
        try:
            for piece in pieces:
                n_said += 1
                yield piece
            tell(Usage(tokens_in=len(prompt.evidence), tokens_out=n_said))
        finally:
            self.stopped.set()
