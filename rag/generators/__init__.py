"""What writes an answer from numbered evidence."""
