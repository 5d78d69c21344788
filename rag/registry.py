"""Models that are known by name, and what is to be known before one is chosen. Any other name of these kinds works too.

Columns, context and languages of open_clip's models are held to open_clip's own files by a test. Licences and sizes are
those that the models' cards give, to our knowledge: the card decides. Loads nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rag.generators.families import FAMILIES

Role = Literal["text and pictures", "text", "pages", "reranking", "answers and captions"]


@dataclass(frozen=True, slots=True)
class Model:
    """A model, as the settings name it."""

    name: str
    role: Role
    repository: str
    """Where a hub keeps it, ORGANISATION/NAME; empty for one that comes with a package."""
    licence: str
    dim: int = 0
    """Columns of its vectors; 0 for one that makes none."""
    context: int = 0
    """Tokens that it reads at once, and for one that writes, writes; 0 where nobody says."""
    languages: str = ""
    """`en`, `about 100`; empty where nobody says."""
    megabytes: int = 0
    """Of its weights, 10^6 bytes; 0 where we do not know: `sightline models pull` asks the hub before it fetches."""


_ENCODERS = (
    Model("builtin", "text and pictures", "", "Apache-2.0", 384, 256, "en", 101),
    Model(
        "open_clip:xlm-roberta-base-ViT-B-32/laion5b_s13b_b90k",
        "text and pictures",
        "laion/CLIP-ViT-B-32-xlm-roberta-base-laion5B-s13B-b90k",
        "MIT",
        512,
        77,
        "about 100",
        1_464,
    ),
    Model(
        "open_clip:ViT-B-32/laion2b_s34b_b79k",
        "text and pictures",
        "laion/CLIP-ViT-B-32-laion2B-s34B-b79K",
        "MIT",
        512,
        77,
        "en",
        605,
    ),
    Model(
        "open_clip:ViT-L-14/laion2b_s32b_b82k",
        "text and pictures",
        "laion/CLIP-ViT-L-14-laion2B-s32B-b82K",
        "MIT",
        768,
        77,
        "en",
        1_711,
    ),
    Model(
        "open_clip:ViT-B-16-SigLIP2/webli",
        "text and pictures",
        "timm/ViT-B-16-SigLIP2",
        "Apache-2.0",
        768,
        64,
        "about 100",
        1_501,
    ),
    Model(
        "open_clip:ViT-SO400M-14-SigLIP-384/webli",
        "text and pictures",
        "timm/ViT-SO400M-14-SigLIP-384",
        "Apache-2.0",
        1_152,
        64,
        "en",
        3_512,
    ),
    Model(
        "open_clip:xlm-roberta-large-ViT-H-14/frozen_laion5b_s13b_b90k",
        "text and pictures",
        "laion/CLIP-ViT-H-14-frozen-xlm-roberta-large-laion5B-s13B-b90k",
        "MIT",
        1_024,
        77,
        "about 100",
        4_772,
    ),
    Model(
        "text:intfloat/multilingual-e5-small",
        "text",
        "intfloat/multilingual-e5-small",
        "MIT",
        384,
        512,
        "about 100",
        471,
    ),
    Model("text:BAAI/bge-m3", "text", "BAAI/bge-m3", "MIT", 1_024, 8_192, "about 100", 2_271),
    Model("text:BAAI/bge-small-en-v1.5", "text", "BAAI/bge-small-en-v1.5", "MIT", 384, 512, "en", 133),
    Model(
        "text:sentence-transformers/all-MiniLM-L6-v2",
        "text",
        "sentence-transformers/all-MiniLM-L6-v2",
        "Apache-2.0",
        384,
        256,
        "en",
        91,
    ),
)
_LATE = tuple(
    Model(f"late:{repository}", "pages", repository, licence, 128)
    for repository, licence in (
        ("vidore/colpali-v1.3-hf", "Gemma Terms of Use"),
        ("vidore/colqwen2-v1.0-hf", "Apache-2.0"),
        ("ModernVBERT/colmodernvbert-merged", "MIT"),
    )
)
_RERANKERS = (
    Model(
        "cross:BAAI/bge-reranker-v2-m3",
        "reranking",
        "BAAI/bge-reranker-v2-m3",
        "Apache-2.0",
        0,
        8_192,
        "about 100",
        2_271,
    ),
    Model("cross:BAAI/bge-reranker-base", "reranking", "BAAI/bge-reranker-base", "MIT", 0, 512, "en, zh", 1_112),
    Model(
        "cross:cross-encoder/ms-marco-MiniLM-L6-v2",
        "reranking",
        "cross-encoder/ms-marco-MiniLM-L6-v2",
        "Apache-2.0",
        0,
        512,
        "en",
        91,
    ),
)
_GENERATORS = (
    Model("extractive", "answers and captions", "", "Apache-2.0"),
    *(
        Model(f"transformers:{one.checkpoint}", "answers and captions", one.checkpoint, one.licence, 0, one.context)
        for one in FAMILIES
    ),
)

MODELS: tuple[Model, ...] = (*_ENCODERS, *_LATE, *_RERANKERS, *_GENERATORS)


def find(name: str) -> Model | None:
    """The row of a model; None for one that is not in the table, which may work all the same."""
    return next((model for model in MODELS if model.name == name), None)
