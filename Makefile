# The only door to the tools. Each target brings what it needs, so `make test` works on a fresh clone.
#
#   make test PY=python3.12 VENV=.venv312     another Python, beside the first
#   make test ARGS="-k ledger -x"             arguments for pytest, the demo or the benchmarks
#   make bench VENV=.venv-peers PEERS="chess pgx" ARGS="--only mini-chess"    other peers, on request; chess is GPL

PY   ?= python3
VENV ?= .venv
ARGS ?=
PEERS ?=

BIN    := $(VENV)/bin
PYTHON := $(BIN)/python
PIP    := $(PYTHON) -m pip --disable-pip-version-check install -qq -c constraints.txt
COMPILE := $(PYTHON) -m compileall -qq -j 0 $(VENV)/lib || true

# Some machines tell Python to write no bytecode. Every start would compile torch anew, for seconds, every test session
# rewrite its assertions, and every process that a test starts compile the packages.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo test slow format lint types check docs gallery bench build clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.dev  ## make the virtual environment, with all that development needs

demo: $(VENV)/.core  ## train on a hacked reward, the repaired one, and the repaired one with shaping
	$(BIN)/rewardlab run delivery $(ARGS)

test: $(VENV)/.dev  ## run the tests, all but the slow ones
	$(PYTHON) -m pytest -n 2 $(ARGS)

slow: $(VENV)/.dev  ## run the slow tests
	$(PYTHON) -m pytest -n 2 -m slow $(ARGS)

format: $(VENV)/.dev  ## put the code into its canonical form
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

lint: $(VENV)/.dev  ## look for faults of style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev  ## check the types
	$(BIN)/mypy
	$(BIN)/mypy examples/*/tests

check: lint types test  ## all that must hold before a commit

docs: $(VENV)/.dev  ## build the guide, in build/docs/index.html; a warning is an error
	$(BIN)/sphinx-build -q -a -W --keep-going -d build/doctrees -c docs . build/docs

gallery: $(VENV)/.dev  ## make figures of docs/gallery.md anew and compare them: ARGS="delivery repair"
	$(PYTHON) -m tests.reproduce_gallery $(ARGS)

bench: $(VENV)/.bench  ## measure the speed budgets
	$(if $(PEERS),@$(PIP) $(PEERS))
	@rm -rf $(VENV)/lib/python*/site-packages/tests  # pgx brings one, which would hide ours
	$(PYTHON) -m tests.benchmarks $(ARGS)

build: $(VENV)/.dev  ## make the wheel and the source archive, in dist/
	rm -rf build dist
	$(PYTHON) -m build --outdir dist .

clean:  ## remove all that can be made again; results/ stays
	rm -rf $(VENV) build dist *.egg-info envs/*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.core: pyproject.toml setup.py constraints.txt
	@echo "Setting up $(VENV): Gymnasium, PyTorch, Stable-Baselines3. A minute and 1.5 GB at first, then only seconds."
	@$(PY) -m venv $(VENV)
	@$(PIP) -e .
	@$(COMPILE)
	@touch $@

$(VENV)/.dev: $(VENV)/.core requirements-dev.txt
	@echo "Adding the tools for development to $(VENV): pytest, Hypothesis, mypy, ruff. Some seconds more."
	@$(PIP) -r requirements-dev.txt
	@$(COMPILE)
	@touch $@

$(VENV)/.bench: $(VENV)/.dev requirements-bench.txt
	@echo "Adding what the benchmarks compare with to $(VENV): EnvPool. Half a minute more."
	@$(PIP) -r requirements-bench.txt
	@$(COMPILE)
	@touch $@
