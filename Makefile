# make run    install, index corpus/ when it is missing or out of date, serve on http://127.0.0.1:8000 (PORT to change it)
# make test   install, and run every test
# make lint   ruff, mypy, import-linter, hadolint
# make coverage  branches of the guard that tests run: 100 %, or it fails
# make bench  the benchmarks, side by side
# make eval   every suite that needs no key
# make clean  remove what make made
# make lock   write requirements/*.txt anew from pyproject.toml

SHELL := /bin/bash
.DELETE_ON_ERROR:
.PHONY: run index models test lint coverage bench eval clean lock

PYTHON ?= python3
# As many test processes as there are cores; tests of one file stay together and share what they set up.
PYTEST_WORKERS ?= auto
BIN := .venv/bin
# uv reads settings of its own; hand it pip's, so that a machine set up for pip needs nothing more.
UV := env $(if $(PIP_FIND_LINKS),UV_FIND_LINKS="$(PIP_FIND_LINKS)") $(if $(PIP_INDEX_URL),UV_DEFAULT_INDEX="$(PIP_INDEX_URL)") \
      $(if $(PIP_CERT),SSL_CERT_FILE="$(PIP_CERT)") UV_LINK_MODE=copy $(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --no-deps
export OMP_NUM_THREADS ?= 1
export TOKENIZERS_PARALLELISM ?= false

run: index
	@exec $(BIN)/rapport serve

index: .venv/run
	@$(BIN)/rapport ingest || { test $$? -eq 1 && echo "Some documents were set aside: serving the rest."; }

test: .venv/test index models
	@$(BIN)/python -m pytest -n $(PYTEST_WORKERS) --dist loadfile $(PYTEST)

models: .venv/run
	@$(BIN)/rapport models get all-MiniLM-L6-v2 >/dev/null

lint: .venv/test
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports && $(BIN)/hadolint Dockerfile

coverage: .venv/test index models
	@$(BIN)/coverage run --branch --source=app/guard --omit='*/training/*' -m pytest -q tests/app/guard
	@$(BIN)/coverage report -m --fail-under=100

bench: index
	@$(BIN)/rapport bench latency

eval: index
	@mkdir -p artefacts && $(BIN)/rapport eval evals/suites --report artefacts/report.html

clean:
	rm -rf .venv index .models artefacts build dist *.egg-info .mypy_cache .ruff_cache .import_linter_cache .pytest_cache

.venv/uv: requirements/uv.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing (once; a minute or two) …"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

.venv/run: .venv/uv requirements/run.txt requirements/torch.txt pyproject.toml
	@$(UV) -r requirements/torch.txt || $(PIP) -r requirements/torch.txt
	@$(UV) --require-hashes -r requirements/run.txt || $(PIP) --require-hashes -r requirements/run.txt
	@$(UV) --no-build-isolation --editable . || $(PIP) --no-build-isolation --editable .
	@touch $@

.venv/test: .venv/run requirements/test.txt
	@$(UV) --require-hashes -r requirements/test.txt || $(PIP) --require-hashes -r requirements/test.txt
	@touch $@

LOCK := env $(if $(PIP_FIND_LINKS),UV_FIND_LINKS="$(PIP_FIND_LINKS)") .venv/bin/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-header \
        --no-annotate --no-emit-package torch
lock:
	@.venv/bin/uv pip compile --quiet --generate-hashes --no-header requirements/uv.in -o requirements/uv.txt
	@$(LOCK) pyproject.toml -o requirements/core.txt
	@$(LOCK) pyproject.toml requirements/build.in --extra ingest -o requirements/run.txt -c requirements/core.txt
	@$(LOCK) pyproject.toml --extra openai --extra anthropic --extra ollama -o requirements/written.txt -c requirements/core.txt
	@$(LOCK) pyproject.toml requirements/build.in --extra ingest --extra dev --extra openai -o requirements/test.txt \
	        -c requirements/run.txt -c requirements/written.txt
