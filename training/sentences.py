"""The ways in which people ask for a thing in a picture, so that no single wording is learned."""

from __future__ import annotations

from collections.abc import Sequence

OF_A_PHOTO = (
    "{}",
    "{a}",
    "a photo of {a}",
    "a picture of {a}",
    "a photo of the {}",
    "an image of {a}",
    "a photograph showing {a}",
    "a close-up photo of {a}",
    "a small photo of {a}",
    "photo: {}",
    "there is {a} in the picture",
    "pictures of {}",
    "{} outdoors or indoors",
)
OF_A_CLASS = ("{a}, a kind of {kind}", "a photo of {a}, {a_kind}", "{} ({kind})")
OF_AN_EMOJI = ("{}", "{a}", "an icon of {a}", "{} emoji", "a picture of {a}", "a drawing of {a}", "a symbol for {}")
OF_A_SHAPE = ("{}", "{a}", "{a}", "a picture of {a}", "a drawing of {a}", "there is {a} in the picture")
ZERO_SHOT = ("{}", "a photo of {a}", "a picture of {a}", "there is {a} in the picture")
"""What a class is asked for by in the test, averaged."""


def say(template: str, name: str, kind: str = "") -> str:
    """`a photo of {a}` with `orange` gives `a photo of an orange`."""
    return template.format(name, a=_with_article(name), kind=kind, a_kind=_with_article(kind))


def _with_article(name: str) -> str:
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def of_class(names: Sequence[str], kinds: Sequence[str]) -> list[str]:
    """Everything that a photo of a class may be called, the class being named each time."""
    plain = [say(template, name) for name in names for template in OF_A_PHOTO]
    return plain + [say(template, name, kind) for name in names[:2] for kind in kinds[:3] for template in OF_A_CLASS]


def of_word(word: str) -> list[str]:
    """Everything that a photo may be asked for by an everyday word."""
    return [say(template, word) for template in OF_A_PHOTO]
