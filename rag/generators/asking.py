"""How a vision-language model is asked: through its chat template, or in the words that its family prescribes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jinja2
import torch

from rag.errors import BadSetting, first_line
from rag.generators.checkpoint import Checkpoint
from rag.prompt import CAPTION, DESCRIBE, parts
from rag.types import Prompt

if TYPE_CHECKING:
    from PIL.Image import Image

    from rag.prompt import Part

_FIRST, _SECOND = "first marked words", "second marked words"


@dataclass(frozen=True, slots=True)
class Asked:
    """One question as a processor takes it."""

    text: str
    """After the template; empty for a model that describes a picture without being told to."""
    images: tuple[Image, ...]
    """In the order of their places in the text."""
    number: int | None = None
    """The evidence that the one picture belongs to; None where the model names evidence itself."""


class Asker:
    """Puts questions the way that one checkpoint's family does."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        """Learn from its template what it can say: a system's turn, and pictures in place.

        Raises: BadSetting if there is neither a template nor a known wording, or if the template does not work.
        """
        self._processor = checkpoint.processor
        self._wording = checkpoint.family.wording if checkpoint.family else None
        self._control = control_tokens(checkpoint.processor)
        self.instructed = bool(self._processor.chat_template or self._processor.tokenizer.chat_template)
        self._has_system = self._in_place = True
        if self.instructed:
            self._learn()
        elif self._wording is None:
            raise BadSetting(
                f"The {checkpoint.model.config.model_type!r} model has no chat template, and needs one to be asked.",
                hint="Put the checkpoint's chat_template.jinja (or chat_template.json) into its folder; base models that"
                " were not trained to answer have none: take the -instruct, -it or -chat one.",
            )

    @property
    def caption_instruction(self) -> str:
        """What is asked of each picture."""
        return CAPTION if self._wording is None or self.instructed else self._wording.caption

    def answering(self, prompt: Prompt) -> Asked | None:
        """The prompt as the model takes it; None if the model needs a picture and no evidence has one."""
        if self.instructed:
            return self.chat(prompt.instruction, parts(prompt))
        seen = next((evidence for evidence in prompt.evidence if evidence.images), None)
        if seen is None or self._wording is None:
            return None
        text = self._wording.question.replace("{question}", self._harmless(prompt.question))
        return Asked(text, seen.images[:1], seen.number)

    def describing(self, image: Image) -> Asked:
        """The question what a picture shows."""
        if self.instructed:
            return self.chat(CAPTION, (DESCRIBE, image))
        return Asked(self.caption_instruction, (image,))

    def inputs(self, asked: Sequence[Asked]) -> Any:  # Any: transformers' BatchFeature, of what the model takes
        """What the model is given for these questions, padded on the left to one length."""
        how: dict[str, Any] = {"padding": True, "return_tensors": "pt"}
        if any(one.text for one in asked):
            how["text"] = [one.text for one in asked]
        if any(one.images for one in asked):
            # One list of pictures for each text where there may be several; a family that sees one takes a flat list.
            how["images"] = [list(one.images) if self.instructed else one.images[0] for one in asked]
        begin = self._processor.tokenizer.bos_token
        if self.instructed and begin and asked[0].text.startswith(begin):
            how["add_special_tokens"] = False
        return self._processor(**how)

    def count(self, tokenizer: Any, text: str) -> int:
        """Tokens of a text as the model is given it, by the checkpoint's tokenizer or its copy."""
        ids = tokenizer(self._harmless(text), add_special_tokens=False, truncation=False, verbose=False)["input_ids"]
        return len(ids)

    def chat(self, instruction: str, said: Sequence[Part]) -> Asked:
        """A system's and a user's turn by the template, whose place the answer takes next."""
        if instruction and not self._has_system:
            said = (f"{instruction}\n\n", *said)
        content: list[dict[str, str]] = []
        images: list[Image] = []
        for part in said:
            if isinstance(part, str):
                content.append({"type": "text", "text": self._harmless(part)})
                continue
            images.append(part)
            content.append({"type": "image"})
            if not self._in_place:
                content.append({"type": "text", "text": f"(This is picture {len(images)}.)\n"})
        messages: list[dict[str, Any]] = [{"role": "user", "content": content}]
        if instruction and self._has_system:
            system = [{"type": "text", "text": self._harmless(instruction)}]
            messages.insert(0, {"role": "system", "content": system})
        return Asked(self._write(messages), tuple(images))

    def _write(self, messages: Sequence[dict[str, Any]]) -> str:
        # A model that can think aloud or not is asked not to: what it thinks is no answer, and takes its tokens.
        text = self._processor.apply_chat_template(
            list(messages), tokenize=False, add_generation_prompt=True, enable_thinking=False
        )
        return str(text)

    def _learn(self) -> None:
        """See whether the template keeps what a system says, and leaves a picture between the words around it."""
        content = [{"type": "text", "text": _FIRST}, {"type": "image"}, {"type": "text", "text": _SECOND}]
        user = {"role": "user", "content": content}
        bare = {"role": "user", "content": [one for one in content if one["type"] == "text"]}
        try:
            shown, plain = self._write([user]), self._write([bare])
            if _FIRST not in shown or _SECOND not in shown or shown == plain:
                raise ValueError("it leaves out texts or pictures of a user's turn")
        except (jinja2.TemplateError, ValueError, TypeError, KeyError) as error:
            raise BadSetting(
                f"The model's chat template does not write a turn of texts and pictures: {first_line(error)}.",
                hint="Take the chat_template.jinja that the checkpoint was published with.",
            ) from error
        between = shown.partition(_FIRST)[2].partition(_SECOND)[0]
        self._in_place = between.strip() != plain.partition(_FIRST)[2].partition(_SECOND)[0].strip()
        try:
            system = {"role": "system", "content": [{"type": "text", "text": "marked instruction"}]}
            self._has_system = "marked instruction" in self._write([system, user])
        except (jinja2.TemplateError, ValueError, TypeError, KeyError):  # a template refuses a role by raising
            self._has_system = False

    def _harmless(self, text: str) -> str:
        """A text in which nothing is read as the model's own marks of turns and pictures."""
        return self._control.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text)


def control_tokens(processor: Any) -> re.Pattern[str]:
    """Finds the marks that a tokenizer takes for more than words: special tokens, and those that stand for pictures."""
    added = processor.tokenizer.added_tokens_decoder.values()
    named = [getattr(processor, name, None) for name in ("image_token", "boi_token", "video_token", "audio_token")]
    marks = {str(one) for one in (*added, *named) if one and len(str(one).strip()) > 1}
    marks = {mark for mark in marks if not mark.strip().isalnum()}
    return re.compile("|".join(re.escape(mark) for mark in sorted(marks, key=len, reverse=True)) or r"(?!)")


def n_tokens(inputs: Any) -> int:
    """Tokens of the longest question among a model's inputs; 0 for a picture without words."""
    ids = inputs.get("input_ids")
    return int(ids.shape[-1]) if isinstance(ids, torch.Tensor) else 0
