# firstmw: two commands from a clean clone: `make refresh` (the night, offline) and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# The oldest client that the documentation names, apart from the pins; tests read releases with it.
OLD_CLIENT := $(VENV)/clients/duckdb-1.4.0
export DAGSTER_DISABLE_TELEMETRY := 1

.PHONY: help setup refresh test campaign lint types unit ui bench scale outside snapshots faults daemon audit docs constraints clean

help: ## Show the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(STAMP) ## Create .venv and install the pinned dependencies

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "firstmw needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing the pinned dependencies into $(VENV) (about 1.5 GB, one to three minutes)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[ui,counties,cluster,dev]"
	@test -d $(OLD_CLIENT) || $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --target $(OLD_CLIENT) duckdb==1.4.0
	@touch $(STAMP)

refresh: setup ## Run the night offline and publish a release under data/releases/current
	@$(BIN)/firstmw refresh $(ARGS) || { code=$$?; if [ $$code -eq 3 ]; then echo "warning: served, but some inputs are stale (see firstmw status)"; else exit $$code; fi; }
	@$(BIN)/firstmw rank --top 20 || test $$? -eq 3

test: unit lint types ## Run the tests, ruff, sqlfluff and the type check

unit: setup
	@$(BIN)/python -m pytest -q -m "not campaign" --numprocesses auto --maxprocesses 4 --dist loadfile

campaign: setup ## Run the long campaigns, and hold the README's figures against the current release
	@$(BIN)/python -m pytest -q -m campaign

lint: setup
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/python -m sqlfluff lint --disable-progress-bar sql

types: setup
	@$(BIN)/mypy

ui: setup ## Open the Dagster webserver and daemon on the assets
	@$(BIN)/firstmw ui

bench: setup ## Measure the dispatch kernel against its peers and write benchmarks/results.md
	@$(BIN)/python -m benchmarks.dispatch

scale: setup ## Measure what a county costs, by stage and number of counties (about 15 minutes)
	@$(BIN)/python -m benchmarks.scale

outside: setup ## Compare the current release with published figures; writes docs/methods/outside_checks.md
	@$(BIN)/python -m benchmarks.outside_checks

snapshots: setup ## Make the dated snapshots of queues, hazards and indicators again from publishers' files in FILES=folder
	@$(BIN)/python -m pipelines.sources.snapshot_build "$(FILES)"

faults: setup ## Kill, fill, corrupt and read through publications; writes docs/reliability_of_the_night.md (hours)
	@$(BIN)/python -m benchmarks.faults

daemon: setup ## Test the schedule with a real Dagster webserver and daemon on loopback ports
	@$(BIN)/python -m pytest -q -m campaign tests/assets/test_daemon.py

audit: setup ## Look the pinned packages up in the public databases of vulnerabilities (needs the network)
	@$(BIN)/python -m venv $(VENV)/audit && $(VENV)/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit
	@$(VENV)/audit/bin/pip-audit --requirement constraints.txt --no-deps --disable-pip --strict

docs: setup ## Regenerate docs/data_dictionary.md from the contracts, and the README's tables from the current release
	@$(BIN)/python docs/generate.py

constraints: setup ## Pin what is installed now
	@$(BIN)/python -m pip freeze --exclude-editable > constraints.txt

clean: ## Remove the virtual environment, caches and the disposable build (releases and raw bytes stay)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis data/build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
