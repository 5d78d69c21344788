"""Encoders: one file per kind, each placing texts, and pictures where it sees them, in a space of its own."""

import os

# Here, because it must be said before the first import of torch, whose OpenMP library reads it once. Threads that wait by
# spinning take the cores from those they wait for: beside two busy processes on two cores a text encoder with spinning
# threads made 3 to 30 texts a second, with sleeping ones 88, alone both 85.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
