"""Any vision-language model that transformers loads with a class of its own: it answers, and it describes pictures."""

from __future__ import annotations

import copy
import resource
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch

from rag.errors import GenerateFailed, first_line
from rag.generators.asking import Asked, Asker, n_tokens
from rag.generators.checkpoint import Bits, Checkpoint, open_checkpoint
from rag.generators.room import measure, presentable
from rag.generators.running import Say, Words, in_thread, only_the_answer, stopped_by
from rag.protocols import Tell, tell_nobody
from rag.types import Budget, Prompt, Usage

if TYPE_CHECKING:
    from PIL.Image import Image

_LOOK_UP = 0.1
"""Seconds after which who waits for the model sees whether its answer is still wanted."""
_SAMPLING = ("temperature", "top_p", "top_k", "min_p", "typical_p", "epsilon_cutoff", "eta_cutoff")


class TransformersGenerator:
    """Answers from texts and pictures, and describes pictures, by one model; may be used from several threads.

    The model writes one answer at a time: who asks meanwhile waits. The same question gets the same answer.
    """

    def __init__(
        self,
        model: str,
        *,
        device: str = "auto",
        allow_download: bool = False,
        bits: Bits = 16,
        most_tokens: int = 512,
    ) -> None:
        """Load a model from a folder, or by its hub name where its files are on this machine.

        `most_tokens`: of an answer or a caption; a quarter of the model's context at most.
        Raises: ModelNotFound, WeightsDamaged, MissingExtra; BadSetting for a device that there is not, for a model that is
        not one of transformers' own that look and write, and for one without the chat template that it needs.
        """
        self._name = f"transformers:{model}"
        self._checkpoint = open_checkpoint(model, device=device, allow_download=allow_download, bits=bits)
        self._asker = Asker(self._checkpoint)
        self._most_tokens = max(1, min(most_tokens, self._checkpoint.context // 4))
        self._writing = threading.Lock()
        self._counting = threading.Lock()
        # A tokenizer of its own: one that is in use in another thread refuses with "Already borrowed".
        self._counter = copy.deepcopy(self._checkpoint.processor.tokenizer)
        _settle(self._checkpoint)
        self._budget = measure(
            self._asker, context=self._checkpoint.context, most_tokens=self._most_tokens, count=self._count
        )

    @property
    def name(self) -> str:
        """As in the settings."""
        return self._name

    @property
    def budget(self) -> Budget:
        """What it takes in at once, so that the longest answer still fits its context."""
        return self._budget

    @property
    def instructed(self) -> bool:
        """Whether it is a chat model; the others look at one picture, and say what they see in it."""
        return self._asker.instructed

    @property
    def instruction(self) -> str:
        """What it is asked for each picture; empty for a model that takes no instruction."""
        return self._asker.caption_instruction

    def generate(self, prompt: Prompt, tell: Tell = tell_nobody) -> Iterator[str]:
        """Yield the answer as it is written.

        A model that is not instructed looks at the first picture only, and names that evidence at the end; it says nothing
        where there is no picture. `tell` hears once, also where the iterator is closed. Closing stops the model.
        Raises: GenerateFailed if the model fails, or if the prompt is longer than what it reads.
        """
        asked = self._asker.answering(prompt)
        if asked is None:
            tell(Usage())
            return
        took: list[Usage] = []

        def work(say: Say, stop: threading.Event) -> None:
            while not self._writing.acquire(timeout=_LOOK_UP):
                if stop.is_set():
                    return
            try:
                took.append(self._write(asked, say, stop))
            finally:
                self._writing.release()

        said = in_thread(work)
        thinking = asked.text.rstrip().endswith("<think>")
        try:
            with self._failing():
                anything = False
                for piece in only_the_answer(said, thinking=thinking):
                    anything = True
                    yield piece
                if anything and asked.number is not None:
                    yield f" [{asked.number}]"
        finally:
            said.close()  # type: ignore[attr-defined]  # a generator, which the listener may leave early
            tell(took[0] if took else Usage())

    def caption(self, images: Sequence[Image]) -> list[str]:
        """One description per RGB picture, in the order given; empty where the model says nothing of it.

        Raises: GenerateFailed if the model fails.
        """
        family = self._checkpoint.family
        at_once = family.captions_at_once if family else 1
        shown = [self._asker.describing(presentable(image, self._budget.pixels)) for image in images]
        written: list[str] = []
        with self._failing():
            for start in range(0, len(shown), at_once):
                with self._writing:
                    written.extend(self._describe(shown[start : start + at_once]))
        return written

    def _write(self, asked: Asked, say: Say, stop: threading.Event) -> Usage:
        """Run the model on one question; to be called in possession of the lock."""
        images = tuple(presentable(image, self._budget.pixels) for image in asked.images)
        inputs, n_in = self._inputs([Asked(asked.text, images)])
        words = Words(self._decode, say)
        on_gpu = self._checkpoint.device.type == "cuda"
        if on_gpu:
            torch.cuda.reset_peak_memory_stats(self._checkpoint.device)
        self._run(inputs, n_in=n_in, streamer=words, stopping_criteria=stopped_by(stop))
        peak = torch.cuda.max_memory_allocated(self._checkpoint.device) if on_gpu else _most_resident()
        return Usage(n_in, words.n_tokens, peak)

    def _describe(self, asked: Sequence[Asked]) -> list[str]:
        inputs, n_in = self._inputs(asked)
        rows = self._run(inputs, n_in=n_in).tolist()
        thinking = asked[0].text.rstrip().endswith("<think>")
        # Some families give the prompt back before what they wrote, and some do not.
        given = inputs["input_ids"].tolist() if "input_ids" in inputs else [[]] * len(rows)
        told = []
        for row, read in zip(rows, given, strict=True):
            text = self._decode(row[len(read) :] if row[: len(read)] == read else row)
            told.append("".join(only_the_answer(iter([text]), thinking=thinking)))
        return told

    def _inputs(self, asked: Sequence[Asked]) -> tuple[Any, int]:  # Any: transformers' BatchFeature
        inputs = self._asker.inputs(asked)
        n_in = n_tokens(inputs)
        if n_in >= self._checkpoint.context:
            raise GenerateFailed(
                f"{self._name} reads {self._checkpoint.context} tokens, and what it was asked takes {n_in}.",
                hint="Ask a shorter question, or show fewer pictures.",
            )
        return inputs.to(self._checkpoint.device, self._checkpoint.dtype), n_in

    def _run(self, inputs: Any, *, n_in: int, **how: Any) -> Any:  # Any: what `generate` takes and gives
        most = min(self._most_tokens, self._checkpoint.context - n_in)
        with torch.inference_mode():
            return self._checkpoint.model.generate(**inputs, max_new_tokens=most, **how)

    def _decode(self, ids: list[int]) -> str:
        text = self._checkpoint.processor.tokenizer.decode(
            ids, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return str(text)

    def _count(self, text: str) -> int:
        with self._counting:
            return self._asker.count(self._counter, text)

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """Raise whatever the model raises as ours."""
        try:
            yield
        except GenerateFailed:
            raise
        except Exception as error:  # a model may fail in any of torch's, a processor's or a tokenizer's ways
            if _is_out_of_memory(error):
                raise GenerateFailed(
                    f"{self._name} ran out of memory on {self._checkpoint.device}.",
                    hint="Take smaller or fewer pictures, bits=4 (with bitsandbytes), or a smaller model.",
                ) from error
            raise GenerateFailed(
                f"{self._name} broke off: {first_line(error)}.", hint="Ask again; if it goes on, take another model."
            ) from error


def _settle(checkpoint: Checkpoint) -> None:
    """Make a model write its likeliest word each time, and end as its checkpoint says."""
    pad = checkpoint.processor.tokenizer.pad_token_id
    inner = (getattr(checkpoint.model, name, None) for name in ("text_decoder", "language_model"))
    for model in (checkpoint.model, *inner):
        settings = getattr(model, "generation_config", None)
        if settings is None:
            continue
        settings.update(do_sample=False, num_beams=1, max_length=None, **dict.fromkeys(_SAMPLING))
        if settings.pad_token_id is None:
            ends = settings.eos_token_id
            settings.pad_token_id = pad if pad is not None else ends[0] if isinstance(ends, list) else ends


def _most_resident() -> int:
    """Bytes of memory that the process held at most."""
    unit = 1 if sys.platform == "darwin" else 1_024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _is_out_of_memory(error: Exception) -> bool:
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    return isinstance(error, RuntimeError) and "not enough memory" in str(error)
