"""Measurements on data made here, each printed by one command: `python -m benchmarks.NAME`, several by `make bench`."""
