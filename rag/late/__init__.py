"""Late interaction: a page as many vectors, a question as many, and the best partner of each token (MaxSim)."""
