"""Encoders: one file per kind, each placing texts, and pictures where it sees them, in a space of its own."""
