"""Sightline for LangChain: embeddings, a vector store, a retriever, and what turns their documents into an answer.

    from rag.langchain import SightlineRetriever

Nothing of LangChain is imported but `langchain-core`, and by the files of this room alone.
"""

from rag.langchain.answers import answering
from rag.langchain.embeddings import SightlineEmbeddings
from rag.langchain.messages import evidence_messages
from rag.langchain.retriever import SightlineRetriever
from rag.langchain.vector_store import SightlineVectorStore

__all__ = [
    "SightlineEmbeddings",
    "SightlineRetriever",
    "SightlineVectorStore",
    "answering",
    "evidence_messages",
]
