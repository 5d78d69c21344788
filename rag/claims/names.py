"""The names of a sentence: runs of capitalised words, acronyms, and Chinese names between quotation marks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag.claims.dates import MONTHS
from rag.claims.notation import BLANK, folded, is_german
from rag.claims.statements import Found
from rag.claims.words import TOKEN

_NEVER_NAMES = frozenset(
    """a about above according accordingly across additionally after afterwards again against ago all almost along
    already also although altogether among an and another any anyone anything approximately are around as at average
    away back because been before behind being below besides between beyond both briefly but by can certain chapter
    compared consequently conversely could currently despite did do does done down due during each earlier early
    either else especially even every everyone exhibit few figure finally first firstly following for former
    formerly fortunately from further furthermore generally given had half has have he hence her here hers him his
    how however i if in indeed initially instead into is it its itself just last lastly late later latest least less
    likewise many may maybe me meanwhile might more moreover most mostly much must my namely near nearly neither
    never nevertheless next no nobody none nonetheless nor not note nothing notably now of off often on once one
    only onto or originally other others otherwise our out over overall own page part particularly per perhaps
    please previously prior recently regarding respectively roughly same second secondly section several shall she
    should similarly since so some someone something sometimes soon specifically still such table than that the
    their them then there thereafter therefore these they third thirdly this those though three through throughout
    thus till to today together tomorrow too total toward towards two typically ultimately under unfortunately
    unless unlike until up upon us usually versus very via was we well were what whatever when whenever where
    whereas wherever whether which while who whole whom whose why will with within without would yes yesterday yet
    you your yours answer source evidence appendix question company group board government based using amid step
    document report image picture chart graph dr mr mrs ms prof professor sir st president minister director
    chairman chairwoman secretary ceo cfo le la les un une des du de et en dans il elle selon el los las der die das
    und ein eine im""".split()
)
_OPENING = re.compile(r"(?:^|[.!?:;•|\n–—])[\s\"'“‘«(\[*_•-]*$|[\"“«(\[][\s*_]*$")
_PERSON_VERB = re.compile(
    r"\s+(?:said|says|wrote|writes|joined|founded|co-founded|was born|argues|argued|told|married|studied|graduated|"
    r"resigned|retired|invented|composed|painted|directed|chaired|won|died|lives|lived)\b"
)
_JOINERS = frozenset("of de van von der den di da la le for the du del & y".split())
_QUOTED = re.compile(r"[“「『《\"]([\u3400-\u9fff·]{2,20})[”」』》\"]")
_SENTENCE_END = re.compile(rf"[.!?][\s{BLANK}]*$")


def _cores(token: str) -> list[str]:
    """A token's words, folded: the parts of a compound, or the letters of `U.S.` together; no possessive."""
    token = re.sub(r"['’]s$|['’]$", "", token)
    parts = [part for part in re.split(r"[-.'’&]", token) if part]
    if all(len(part) < 3 and part.isupper() for part in parts):
        return [folded("".join(parts))]
    return [folded(part) for part in parts if part[0].isupper() and len(part) > 1]


def read_quoted_names(text: str) -> Iterator[Found]:
    """Chinese or Japanese names between quotation marks, each as its only word."""
    for match in _QUOTED.finditer(text):
        yield Found(*match.span(1), words=(match[1],))


def read_names(text: str) -> Iterator[Found]:
    """Runs of capitalised words and acronyms, each with its telling words; none in a title or in German."""
    if _is_title(text) or is_german(text):
        return
    run: list[re.Match[str]] = []
    for token in TOKEN.finditer(text):
        if run and not _is_joined(text[run[-1].end() : token.start()]):
            yield from _name(text, run)
            run = []
        if token.group()[0].isupper() and (run or _telling(token)):
            run.append(token)
    if run:
        yield from _name(text, run)


def _is_title(text: str) -> bool:
    """Whether all words that could be names have capitals, so that these tell nothing."""
    tokens = [token for token in TOKEN.findall(text) if folded(token) not in _NEVER_NAMES]
    return len(tokens) > 4 and all(token[0].isupper() for token in tokens) and not _SENTENCE_END.search(text)


def _is_joined(between: str) -> bool:
    """Whether what stands between two capitalised words keeps them one name."""
    if between in (".", ". "):
        return True
    return between.strip() != "the" and all(word in _JOINERS for word in between.split())


def _telling(*tokens: re.Match[str]) -> tuple[str, ...]:
    """The words of a name that set it apart."""
    words = (word for token in tokens for word in _cores(token.group()))
    return tuple(word for word in words if word not in _NEVER_NAMES and word not in MONTHS)


def _name(text: str, run: Sequence[re.Match[str]]) -> Iterator[Found]:
    """The name that a run of tokens makes; none where its capital may be only that of a sentence's first word."""
    words, first = _telling(*run), run[0]
    acronym = sum(char.isupper() for char in first.group()) > 1
    if not acronym and _OPENING.search(text[: first.start()]):
        if len(run) == 1 and (first.group().endswith("s") or not _PERSON_VERB.match(text, first.end())):
            return
        if len(run) > 1 and first.group().endswith(("ly", "ing", "ed")):
            words = _telling(*run[1:])
    if words:
        yield Found(first.start(), run[-1].end(), words=words)
