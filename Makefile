# Two commands: `make run` and `make test`. Both set up their environment first.
SHELL := /bin/bash
PYTHON ?= python3.11
SOURCE ?= cris
CASES ?= 20000
CRIMES ?= 3000
# More of `linkage run`: FLAGS=--accept-fewer after a run on more simulated cases.
FLAGS ?=
BIN := .venv/bin
READY := .venv/.ready
# Telemetry of every tool off, also for those started by hand through this file.
export DAGSTER_DISABLE_TELEMETRY := yes
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export DO_NOT_TRACK := 1
export GX_ANALYTICS_ENABLED := false
export PYTHONPATH := $(CURDIR)

.PHONY: setup dev run test lint docs bench dagster lock clean

setup: dev  ## make the environment from the hashed lock file, and something to work on

$(READY): requirements.lock setup.sh pyproject.toml
	PYTHON=$(PYTHON) ./setup.sh

# Small samples for dbt by hand, in files that no run publishes: the shipped state-year and
# Home Office outcomes, and two SIMULATED ones.
dev: $(foreach source,cris nibrs violent_crime national,warehouse/$(source).duckdb.dev/.built)

warehouse/cris.duckdb.dev/.built: of := --source cris --extracts data/simulated/dev
warehouse/nibrs.duckdb.dev/.built: of := --source nibrs
warehouse/violent_crime.duckdb.dev/.built: of := --study violent-crime \
  --extracts data/simulated/dev-violent-crime
warehouse/national.duckdb.dev/.built: of := --study national

warehouse/cris.duckdb.dev/.built: data/simulated/dev/truth.json
warehouse/violent_crime.duckdb.dev/.built: data/simulated/dev-violent-crime/truth.json

warehouse/%.duckdb.dev/.built: $(READY)
	loaded="$$($(BIN)/linkage load $(of))" && eval "$$loaded" && \
	  $(BIN)/dbt build --quiet --exclude-resource-type test unit_test
	touch $@

data/simulated/dev/truth.json: | $(READY)
	$(BIN)/linkage simulate --out $(@D) --cases 500 --months 3

data/simulated/dev-violent-crime/truth.json: | $(READY)
	$(BIN)/linkage simulate --study violent-crime --out $(@D) --cases 500

run: setup  ## run the main job: SOURCE=cris (both studies, simulated), nibrs or national (real)
ifeq ($(SOURCE),cris)
	@test -e data/simulated/$(CASES)/truth.json || \
	  $(BIN)/linkage simulate --out data/simulated/$(CASES) --cases $(CASES)
	$(BIN)/linkage run --source cris --extracts data/simulated/$(CASES) $(FLAGS)
	@test -e data/simulated/violent-crime-$(CRIMES)/truth.json || \
	  $(BIN)/linkage simulate --study violent-crime \
	    --out data/simulated/violent-crime-$(CRIMES) --cases $(CRIMES)
	$(BIN)/linkage run --study violent-crime \
	  --extracts data/simulated/violent-crime-$(CRIMES) $(FLAGS)
else ifeq ($(SOURCE),national)
	$(BIN)/linkage run --study national $(FLAGS)
else
	$(BIN)/linkage run --source $(SOURCE) $(FLAGS)
endif

test: $(READY)  ## prove the rules
	tests/install_r.sh
	tests/install_chromium.sh
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

lint: $(READY)  ## ruff, mypy, sqlfluff, order of imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	mkdir -p warehouse/cris.duckdb.dev
	$(BIN)/sqlfluff lint models tests/dbt

docs: $(READY)  ## data dictionary and lineage as a static site in target/
	$(BIN)/python -m linkage.cli.docs

bench: $(READY)  ## measure; results go to benchmarks/ and the README's table
	$(BIN)/python -m benchmarks.run_all

dagster: $(READY)  ## the graph of a source in a browser: SOURCE=cris, nibrs, ... or all
	DAGSTER_HOME=$(CURDIR)/.dagster $(if $(filter all,$(SOURCE)),,LINKAGE_SOURCE=$(SOURCE)) \
	  $(BIN)/dagster dev -m orchestration.definitions

lock: $(READY)  ## resolve requirements.in again
	$(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links requirements.in -o requirements.lock

clean:  ## remove everything that can be made again
	rm -rf .venv target warehouse logs data/simulated .dagster/storage \
	  .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info linkage-error.log
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
