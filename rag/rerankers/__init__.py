"""What reads a question and a hit together, and so orders hits better than a search that read them apart."""
