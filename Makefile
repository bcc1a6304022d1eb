# Everything on a machine that has python3 (3.11 or later), pip, make and git: `make demo`, `make test`.
UV_VERSION := 0.13.9
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
UV := PYTHONPATH=.tools $(PYTHON) -m uv

.DEFAULT_GOAL := help
.PHONY: help install demo test lint evaluate bench lock clean

help:  ## what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 12

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

demo: install  ## simulate a company, train, register, serve: the whole job (DEMO_ARGS=--once asks once and ends)
	@$(BIN)/ripeness demo $(DEMO_ARGS)

test: install  ## every test, in less than ten minutes
	@$(BIN)/pytest $(TEST_ARGS)

lint: install  ## format, lint, types, layers
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

evaluate: install  ## train on the real data sets beside the project and on a simulated company; print the figures
	@$(BIN)/python tests/benchmarks/evaluate.py $(EVALUATE_ARGS)

bench: install  ## speed of features and of predict against named peers
	@$(BIN)/python tests/benchmarks/feature_rows.py $(BENCH_ARGS)
	@$(BIN)/python tests/benchmarks/predict.py $(BENCH_ARGS)

lock: .tools/uv  ## pin versions that fit pyproject.toml (LOCK_ARGS=--upgrade for the newest)
	@$(UV) pip compile --quiet --universal --generate-hashes --all-extras $(LOCK_ARGS) --custom-compile-command "make lock" --no-emit-index-url --no-emit-find-links pyproject.toml -o requirements.lock

clean:  ## remove what was made
	@rm -rf .venv .tools .ripeness .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
