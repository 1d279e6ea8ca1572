# `make demo` and `make test` are all that a newcomer needs. Each makes its own environment, with
# nothing on the machine but Python 3.11 to 3.13; the second call starts at once.
PYTHON ?= python3
VENV ?= .venv
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check -q

.PHONY: demo test lint proof bench lock clean

demo: $(VENV)/.runtime
	@$(VENV)/bin/wirewatch demo

test: $(VENV)/.dev
	@$(VENV)/bin/ruff check -q . && $(VENV)/bin/ruff format -q --check .
	@$(VENV)/bin/mypy
	@.ci/pytest $(VENV)/bin/python
	@$(VENV)/bin/python -m benchmarks.proof --short

lint: $(VENV)/.dev
	$(VENV)/bin/ruff check --fix . && $(VENV)/bin/ruff format . && $(VENV)/bin/mypy

# Every promise put to the test, beside the same without its guard. The whole goes into docs/proof.md.
proof: $(VENV)/.proof
	$(VENV)/bin/python -m benchmarks.proof $(if $(SHORT),--short,--write)

# Every benchmark, beside the other programs where they are installed. Goes into docs/speed.md; hours.
# ARGS="--feeds FOLDER_OR_TAR --runs 5" are those of benchmarks/speed.py.
bench: $(VENV)/.dev
	$(VENV)/bin/python -m benchmarks.run --write $(ARGS)

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "Wirewatch needs Python 3.11 to 3.13: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

# Exactly the locked versions, each checked against its hash; then this folder, editable.
$(VENV)/.runtime: requirements.lock pyproject.toml | $(VENV)/.python
	@echo "Making the environment (about a minute, once) …"
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-build-isolation --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

# What the whole proof needs besides: a fuzzer, and the desk's second line of Datasette.
$(VENV)/.proof: requirements-proof.lock $(VENV)/.dev
	@$(PIP) install --require-hashes -r requirements-proof.lock
	@.ci/datasette-next $(PYTHON)
	@touch $@

# For maintainers: pin every dependency anew, for all three Pythons at once, with what follows from it.
COMPILE = $(VENV)/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
  --no-header --no-emit-index-url --upgrade
lock: $(VENV)/.python
	$(PIP) install uv
	$(COMPILE) pyproject.toml --group build -o requirements.lock
	$(COMPILE) pyproject.toml --group build --extra cluster -c requirements.lock -o requirements-cluster.lock
	$(COMPILE) pyproject.toml --group build --group dev -c requirements.lock -o requirements-dev.lock
	$(COMPILE) --group proof -o requirements-proof.lock
	.ci/datasette-next lock
	.ci/release lock
	.ci/release sbom $(PYTHON)

clean:
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache
