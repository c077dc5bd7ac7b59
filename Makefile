# `make demo` and `make test` set themselves up; everything they make lies in .venv and .demo.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= auto
EXAMPLES ?= 300

.PHONY: setup demo test lint types contract tests test-all bench clean

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml scripts/check-machine
	@$(PYTHON) scripts/check-machine
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . --group dev
	@touch $@

demo: setup
	@scripts/demo $(BIN)/outcrop

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

contract: setup
	$(BIN)/lint-imports

tests: setup
	$(BIN)/pytest -n $(WORKERS) -m "not slow"

test: lint types contract tests

test-all: lint types contract
	OUTCROP_TEST_EXAMPLES=$(EXAMPLES) $(BIN)/pytest -n $(WORKERS)

bench: setup
	$(BIN)/python benchmarks/run.py

clean:
	rm -rf $(VENV) .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
