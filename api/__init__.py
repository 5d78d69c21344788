"""The service over HTTP, and nothing else."""
