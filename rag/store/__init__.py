"""The catalogue, the words, the vectors and the media of one store."""
