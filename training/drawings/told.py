"""What a kind hands back: a picture with what is true of it, before sentences are chosen."""

from __future__ import annotations

from dataclasses import dataclass, field

from PIL import Image


@dataclass(frozen=True, slots=True)
class Told:
    """A finished picture and what may be said of it."""

    image: Image.Image
    particular: tuple[str, ...]
    """True sentences about this very drawing, the plainest first."""
    facts: dict[str, str] = field(default_factory=dict)


def of_chart(name: str, endings: tuple[str, ...], adjectives: tuple[str, ...] = ()) -> tuple[str, ...]:
    """`a pie chart with a legend`, `a grey pie chart`: the endings and adjectives joined to the name."""
    article = "an" if name[:1].lower() in "aeio" else "a"
    before = tuple(f"{'an' if word[0] in 'aeio' else 'a'} {word} {name}" for word in adjectives)
    return tuple(f"{article} {name} {ending}" for ending in endings) + before
