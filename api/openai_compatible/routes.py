"""The addresses that OpenAI's clients ask."""

from __future__ import annotations

from fastapi import APIRouter

from api.openai_compatible import completions, embeddings, models

router = APIRouter()
for part in (completions, models, embeddings):
    router.include_router(part.router)
