# Everything on a machine that has python3 (3.11 or later), pip, make and git: `make demo`, `make test`.
UV_VERSION := 0.13.9
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
UV := PYTHONPATH=.tools $(PYTHON) -m uv

.DEFAULT_GOAL := help
.PHONY: help install spark demo test test-spark lint evaluate bench lock clean

help:  ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 12

install: $(STAMP)  ## the virtual environment with what requirements.lock pins

.tools/uv:
	@echo "getting uv $(UV_VERSION)"
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --root-user-action ignore --target .tools uv==$(UV_VERSION)

$(STAMP): requirements.lock pyproject.toml | .tools/uv
	@echo "installing into .venv (a minute or two the first time)"
	@$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

.venv/.spark: requirements.spark.lock $(STAMP)
	@echo "installing PySpark into .venv (450 MB)"
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements.spark.lock
	@touch $@

spark: .venv/.spark  ## PySpark as well, for `ripeness score --engine spark` (it needs Java 17)

# The peers of the benchmarks lie in an environment of their own, beside the same versions of everything else.
.bench/.installed: requirements.bench.lock pyproject.toml | .tools/uv
	@echo "installing the peers of the benchmarks into .bench"
	@$(UV) venv --quiet --allow-existing --python $(PYTHON) .bench
	@$(UV) pip install --quiet --python .bench/bin/python --require-hashes -r requirements.bench.lock
	@$(UV) pip install --quiet --python .bench/bin/python --no-deps -e .
	@touch $@

demo: install  ## simulate a company, train, register, serve: the whole job (DEMO_ARGS=--once asks once and ends)
	@$(BIN)/ripeness demo $(DEMO_ARGS)

test: install  ## every test, in less than ten minutes
	@$(BIN)/pytest $(TEST_ARGS)

test-spark: spark  ## the tests that need PySpark and Java
	@$(BIN)/pytest -n0 tests/parity/test_spark.py

lint: install  ## format, lint, types, layers
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

evaluate: install  ## train on the real data sets beside the project and on a simulated company; print the figures
	@$(BIN)/python tests/benchmarks/evaluate.py $(EVALUATE_ARGS)

bench: .bench/.installed  ## speed against named peers: docs/benchmarks.json, docs/performance.md (BENCH_ARGS=--short: a minute)
	@.bench/bin/python tests/benchmarks/bench.py $(BENCH_ARGS)

LOCK := pip compile --quiet --universal --generate-hashes $(LOCK_ARGS) --custom-compile-command "make lock" --no-emit-index-url --no-emit-find-links pyproject.toml

lock: .tools/uv  ## pin versions that fit pyproject.toml (LOCK_ARGS=--upgrade for the newest)
	@$(UV) $(LOCK) --extra dev --extra notebooks --extra postgresql -o requirements.lock
	@$(UV) $(LOCK) --extra spark -c requirements.lock -o requirements.spark.lock
	@$(UV) $(LOCK) --extra bench -c requirements.lock -o requirements.bench.lock

clean:  ## remove what was made
	@rm -rf .venv .bench .tools .ripeness .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
