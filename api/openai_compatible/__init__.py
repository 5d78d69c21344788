"""The service for programs that speak OpenAI's API: chat completions, models, embeddings (docs/openai.md)."""
