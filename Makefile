# Needs python >= 3.11 and make, nothing else: uv is brought along, everything else is locked.
PYTHON ?= python3
UV := .tools/bin/uv
BIN := .venv/bin
REPORT := $(BIN)/mikro evaluate --db data/local/half_year.duckdb --from 2026-03-02 --to 2026-08-29 --as-of 2026-08-29 \
  --report data/local/report --language
export UV_PYTHON_DOWNLOADS = never
export UV_NO_PROGRESS = 1

.PHONY: demo week report screenshots test lint dashboard bench lock clean
.DEFAULT_GOAL := demo

demo: .venv/.installed  ## build the demo pilot, match it, show the result
	$(BIN)/mikro demo

week: .venv/.installed  ## a pilot week of the demo through the command line alone
	MIKRO=$(CURDIR)/$(BIN)/mikro bash data/week.sh

test: .venv/.installed  ## every test, the notebooks among them
	$(BIN)/python -m pytest -n auto --dist worksteal --nbval-lax --nbval-current-env

report: .venv/.installed  ## the board's report on half a simulated year, about ten minutes; writes data/report
	$(BIN)/mikro simulate dense --db data/local/half_year.duckdb
	$(REPORT) sv --note "Ett exempel: alla personer är påhittade och ett simulerat halvår ligger bakom siffrorna (make report)."
	$(REPORT) en --note "An example: all people are invented, and the figures are of a simulated half year (make report)."
	cp data/local/report/*.pdf data/report/

screenshots: .venv/.installed  ## the README's pictures of the dashboard, taken of the demo's week
	PYTHONPATH=tests $(BIN)/python -m browser.screenshots

lint: .venv/.installed  ## style, types, layers, SQL
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint --disable-progress-bar engine/sql

dashboard: .venv/.installed  ## the coordinators' dashboard on an invented week, on this machine
	$(BIN)/mikro dashboard --demo

bench: .venv/.installed  ## 500 kills; a crowd; fifty coordinators; the pages in a browser; this engine against its peers, about two hours; writes tests/bench/RESULTS.md
	PYTHONPATH=tests $(BIN)/python -m bench.kills --kills 500
	PYTHONPATH=tests $(BIN)/python -m bench.crowd
	PYTHONPATH=tests $(BIN)/python -m bench.desks
	PYTHONPATH=tests $(BIN)/python -m bench.pages
	PYTHONPATH=tests $(BIN)/python -m bench.run_bench

lock: $(UV)  ## resolve the dependencies anew: hashes, no addresses
	$(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --all-extras \
	  --output-file requirements.lock pyproject.toml

clean:  ## forget the environment and the local pilot
	rm -rf .venv .tools data/local

$(UV):
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --root-user-action ignore \
	  --no-deps --target .tools uv==0.13.9

.venv/.installed: $(UV) requirements.lock pyproject.toml
	$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv
	$(UV) pip sync --quiet --python $(BIN)/python requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	$(BIN)/python -c "from engine.solver import compile_ahead; compile_ahead()"  # once, about 20 s
	touch $@
