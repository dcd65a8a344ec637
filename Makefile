.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.complete

.PHONY: help setup demo test lint docs bench soak lock clean

help: ## show the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## build .venv from requirements.lock (every other target does so when it has to)

$(READY): requirements.lock pyproject.toml scripts/setup.sh
	@scripts/setup.sh

demo: $(READY) ## train on the 8x8 digits, export, run in Lava, report: runs/demo
	@$(BIN)/lava-ahp deploy --task digits --out runs/demo --resume

test: $(READY) ## the tests, without the long soak
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 -m "not slow"

soak: $(READY) ## the long tests: many random networks through every engine
	@$(BIN)/python -m pytest -m slow

lint: $(READY) ## ruff and mypy
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

docs: $(READY) ## build the documentation into site/, warnings are errors
	@NO_MKDOCS_2_WARNING=true $(BIN)/mkdocs build --strict --quiet

bench: $(READY) ## the simulator beside Lava
	@$(BIN)/lava-ahp bench simulator

lock: $(READY) ## compile requirements.lock from pyproject.toml and overrides.txt
	@UV=$$(command -v uv || echo .venv-tools/bin/uv); $$UV pip compile pyproject.toml --group dev --override overrides.txt \
	  --python-version 3.10 --no-emit-index-url --no-emit-find-links --no-annotate --no-header \
	  --quiet --output-file requirements.lock

clean: ## remove what was built, .venv included
	rm -rf $(VENV) .venv-tools build dist site .pytest_cache .mypy_cache .ruff_cache .hypothesis
