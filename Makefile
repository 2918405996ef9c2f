# Two commands matter: `make run` and `make test`. `make` alone lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PYTEST := $(BIN)/python -m pytest

.DEFAULT_GOAL := help
.PHONY: help install run demo test unit acceptance fuzz lint types bench openapi clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

install: $(STAMP) ## Make .venv with everything in it, PostgreSQL included

$(STAMP): setup.cfg pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Attestor needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1)." \
		     "Name another: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	umask 022 && $(PYTHON) -m venv $(VENV) \
		&& $(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev,embedded,ocr]'
	touch $@

run: $(STAMP) ## Start the service: database, migrations, API, worker; the first run prints an API key
	$(BIN)/attestor serve

demo: $(STAMP) ## Do the whole job over HTTP on a real PDF, and print it
	$(BIN)/python -m examples.demo

test: lint types ## Everything CI runs: lint, types, all tests, a short fuzz of the API
	$(PYTEST) -n 2 --dist loadfile
	$(MAKE) --no-print-directory fuzz

unit: $(STAMP) ## The unit tests only
	$(PYTEST) -n 2 --dist loadfile tests/unit

acceptance: $(STAMP) ## The tests against a running service over HTTP
	$(PYTEST) tests/acceptance

fuzz: $(STAMP) ## Fuzz a running service from its own OpenAPI description
	$(BIN)/python -m tests.fuzz

lint: $(STAMP) ## Style, likely bugs, and which package may import which
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types: $(STAMP) ## mypy, strict
	$(BIN)/mypy

bench: $(STAMP) ## Measure side by side with the alternatives, and print the ratios
	$(BIN)/python -m benchmarks

openapi: $(STAMP) ## Write docs/openapi.json from the operations table
	$(BIN)/python -m api.openapi > docs/openapi.json.new
	mv docs/openapi.json.new docs/openapi.json

clean: ## Remove what tools left behind; data in var/ stays
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find api domain projections service tests examples benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
