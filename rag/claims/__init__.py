"""The claim check: whether what a sentence states stands in the texts that it cites."""
