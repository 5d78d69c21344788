"""From a folder to elements: finding, reading, chunking, encoding, keeping."""
