"""Models that place text and pictures in one space."""
