.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.complete
QUICK := tests/network tests/encoders tests/netx/test_netx.py tests/netx/test_bad_files.py tests/profiler \
  tests/tasks/test_timeseries_bad_files.py tests/test_dynamics.py tests/test_files.py tests/test_layers.py \
  tests/test_project.py tests/test_setup.py tests/test_wheel.py

.PHONY: help setup demo demo-qa quick test soak fuzz coverage smoke lint docs bench lock clean

help: ## show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## build .venv from requirements.lock (every other target does so when it has to)

$(READY): requirements.lock pyproject.toml scripts/setup.sh
	@scripts/setup.sh

demo: $(READY) ## train on the 8x8 digits, export, run in Lava, report: runs/demo
	@$(BIN)/lava-ahp deploy --task digits --out runs/demo --resume

demo-qa: $(READY) ## train on generated stories, export, verify, ask a question: runs/demo-qa
	@$(BIN)/lava-ahp deploy --task babi --out runs/demo-qa --samples 5 --resume
	@$(BIN)/lava-ahp verify runs/demo-qa
	@$(BIN)/lava-ahp ask runs/demo-qa docs/story.txt "Where is Anna?" --html runs/demo-qa/answer.html

quick: $(READY) ## tests of networks, files and profiles by example, in under a minute: no training, no Lava
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 -m "not slow and not hypothesis" $(QUICK)

test: $(READY) ## the tests, without the long soak
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow"

soak: $(READY) ## the long tests, and fresh examples for every property test; SEED=N repeats a run
	@seed=$${SEED:-$$(od -An -N4 -tu4 /dev/urandom | tr -d " ")}; echo "make soak SEED=$$seed repeats this"; \
	  HYPOTHESIS_PROFILE=vary $(BIN)/python -m pytest -m "slow or hypothesis" --hypothesis-seed=$$seed

fuzz: $(READY) ## damaged inputs for every reader, for SECONDS (60) in all; failures are kept in fuzz-failures/
	@OMP_NUM_THREADS=1 PYTHONPATH=tests $(BIN)/python -m fuzz --seconds $(or $(SECONDS),60)

coverage: $(READY) ## the tests, with the lines that they reach: at least 95 %, compiled kernels aside
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow" --cov --cov-report=term

smoke: $(READY) ## build the wheel and try it on every Python from 3.10 to 3.13 that is here
	@$(BIN)/python scripts/smoke.py

lint: $(READY) ## ruff and mypy
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

# Not --quiet: MkDocs then counts no warnings, and --strict finds none.
docs: $(READY) ## run the notebooks and build the documentation into site/, warnings are errors
	@NO_MKDOCS_2_WARNING=true $(BIN)/mkdocs build --strict

bench: $(READY) ## the simulator beside Lava
	@$(BIN)/lava-ahp bench simulator

lock: $(READY) ## compile requirements.lock from pyproject.toml and overrides.txt
	@UV=$$(command -v uv || echo .venv-tools/bin/uv); $$UV pip compile pyproject.toml --group dev --override overrides.txt \
	  --python-version 3.10 --no-annotate --no-header \
	  --generate-hashes --quiet --output-file requirements.lock

clean: ## remove what was built, .venv included
	rm -rf $(VENV) .venv-tools build dist site .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage*
