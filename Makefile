# Two commands do all set-up on a fresh machine with Python 3.11 or later and make:
#   make train   train configs/digits.yaml and print its diagnosis
#   make test    everything CI runs: lint, types, all tests

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
ORACLE := $(VENV)-oracle
PEERS  := $(VENV)-peers

BENCH  := steps variants startup scaling
BENCH_ON_MNIST := commands memory parts
SECTIONS := data architecture loss regularization optimizer learning_rate training diagnosis gates

# some environments forbid keeping what Python has compiled: hundreds of commands in the tests would each compile all modules
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help train test check fast lint types proof bench overhead batch oracle docs dist lock clean

help:  ## Show what there is
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

train: $(VENV)/.run  ## Train configs/digits.yaml and print its diagnosis
	$(BIN)/dlrun train configs/digits.yaml

test: check  ## Everything CI runs: lint, types, all tests

check: $(VENV)/.dev lint types  ## The same, as pre-commit calls it
	$(BIN)/pytest -n 2

fast: $(VENV)/.dev lint types  ## Lint, types and the quick tests, under two minutes
	$(BIN)/pytest -n 2 -m "not slow"

lint: $(VENV)/.dev  ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev  ## mypy --strict
	$(BIN)/mypy

proof: $(VENV)/.dev  ## Prove the promises with full counts, about ten minutes; writes docs/PROOF.md
	DLRUN_PROOF=full $(BIN)/pytest -n 2 -m proof

bench: $(PEERS)/.done  ## Measure dlrun beside its peers, about 40 minutes; MNIST=path/to/mnist.npz for all tables; writes benchmarks/RESULTS.md
	set -e; for table in $(BENCH); do $(PEERS)/bin/python -m benchmarks.$$table; done
ifdef MNIST
	set -e; for table in $(BENCH_ON_MNIST); do $(PEERS)/bin/python -m benchmarks.$$table $(MNIST); done
else
	@echo "skipped, they need MNIST=path/to/mnist.npz: $(BENCH_ON_MNIST)"
endif
	$(PEERS)/bin/python -m benchmarks.results

overhead: $(VENV)/.dev  ## Measure what checkpoints and checks cost; MNIST=path/to/mnist.npz on that, too; writes benchmarks/OVERHEAD.md
	$(BIN)/python -m benchmarks.overhead $(MNIST)

batch: $(VENV)/.dev  ## Measure what training two specs at once saves; writes benchmarks/BATCH.md
	$(BIN)/python -m benchmarks.batch

oracle: $(ORACLE)/.done  ## Train with PyTorch anew and compare with its recording and with dlrun; RECORD=--write replaces it
	$(ORACLE)/bin/python -m tests.oracle.record $(RECORD)

docs: $(VENV)/.dev  ## Write docs/spec/ from the classes that define the spec
	$(BIN)/dlrun explain --format md > docs/spec/experiment.md
	for section in $(SECTIONS); do $(BIN)/dlrun explain $$section --format md > docs/spec/$$section.md; done

dist: $(VENV)/.release  ## Build sdist and wheel, check both, and use the wheel in an empty environment
	rm -rf dist
	$(BIN)/python -m build
	$(BIN)/twine check --strict dist/*
	$(BIN)/check-wheel-contents dist/*.whl
	$(BIN)/python -m tests.dist dist/*.whl

lock: $(VENV)/.release  ## Write constraints.txt from what is installed
	$(BIN)/pip freeze --exclude-editable > constraints.txt

clean:  ## Remove the environment and caches; runs stay
	rm -rf $(VENV) $(ORACLE) $(PEERS) .mypy_cache .pytest_cache .ruff_cache .hypothesis dist

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "dlrun needs Python 3.11 or later; set one with make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/.run

$(VENV)/.release: $(VENV)/.dev
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,release]'
	@touch $@

$(ORACLE)/.done: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(ORACLE)
	$(ORACLE)/bin/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,oracle]'
	@touch $@

$(PEERS)/.done: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/pip install --quiet --disable-pip-version-check -c constraints.txt torch==2.13.0
	$(PEERS)/bin/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,fast,peers]'
	@touch $@
