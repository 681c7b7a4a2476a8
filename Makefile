# One word for each task. `make` alone lists them.

PYTHON ?= python3
BIN := .venv/bin
UV := uv==0.13.9
PYTEST := $(BIN)/python -m pytest
SERVER_FREE := tests/unit tests/laws tests/contract tests/stories tests/fairness
QUICK := not integration and not long

# Kept bytecode: the tests start some hundreds of processes, and two workers collect the same files.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup promtool demo test test-unit test-long city test-faults fault-slice fuzz-api test-agencies test-pages test-docker mutants fairness bench bench-large lint types walls check lock release-contracts clean

help:  ## List the tasks
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' $(MAKEFILE_LIST) | expand -t 16

setup:  ## Install what is missing: .venv with the locked packages, RabbitMQ on Debian and Ubuntu
	@PYTHON=$(PYTHON) deploy/setup.sh

promtool: setup
	@deploy/monitoring/get-prometheus.sh

demo: setup  ## Play a day at Zhanlan Road on a stack of its own
	@$(BIN)/lianshan demo

test: setup promtool  ## Unit, contract and integration tests and the quick fault tests
	$(BIN)/python -m tests.parts $(SERVER_FREE) tests/city -- -m "$(QUICK)"
	@# Four for two cores: with three, a third of the time nobody computes.
	$(PYTEST) -n 4 --dist loadfile tests/integration tests/faults tests/city \
	    -m "(integration or faults) and not performance and not docker and not node and not long and (not faults or quick)"

test-unit: setup  ## The tests that need no server
	$(BIN)/python -m tests.parts $(SERVER_FREE) -- -m "$(QUICK)"

test-long: setup  ## Requests made of the whole description, a generated client, the demo's day, laws on many examples, backups
	LIANSHAN_TEST_EXAMPLES=3 $(PYTEST) -n 2 --dist loadfile -m "hypothesis or long" $(SERVER_FREE)
	$(PYTEST) -n 2 --dist loadfile -m long tests/integration tests/faults

test-faults: setup  ## Every fault test: kills, duplicates, poison, restarts
	$(PYTEST) -m faults

SLICE ?= 0
fault-slice: setup  ## SLICE=0 of the drawn faults: a hundred on three members and two replicas, with their figures
	LIANSHAN_FAULT_SLICE=$(SLICE) LIANSHAN_FAULT_COUNT=100 $(PYTEST) -m faults tests/faults/test_fault_slice.py
	@$(BIN)/python tests/faults/slice_figures.py

EXAMPLES ?= 20
fuzz-api: setup  ## EXAMPLES=20 drawn requests from SEED=0 for each operation that the API describes
	EXAMPLES=$(EXAMPLES) SEED=$(SEED) $(PYTEST) tests/integration/test_described_requests.py

test-agencies: setup  ## agencies in Node and Java, AsyncAPI's parser; installs them where missing
	@tests/agencies/run.sh

test-pages: setup  ## The pages for people in Debian's Chromium at phone size, and axe; installs them where missing
	@tests/pages/run.sh

test-node: setup  ## A TypeScript client of /openapi.json plays the main story; installs Node where it is missing
	@tests/clients/typescript/run.sh

test-docker: setup  ## The stack in containers: scaled, killed, restarted, cut off, upgraded
	@tests/docker/run.sh

CITIES ?= 2000
SEED ?= 0
city: setup  ## CITIES=2000 whole cities in memory from SEED=0, under an adversary
	PYTHONHASHSEED=0 $(BIN)/python -m tests.city --cities $(CITIES) --seed $(SEED)

COUNT ?= 300
MINUTES ?= 90
mutants: setup  ## COUNT=300 mutants of engine, ledger and domains from SEED=0: does a test find each?
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/mutants.lock
	PYTHONHASHSEED=0 $(BIN)/python -m tests.mutants --count $(COUNT) --seed $(SEED) --minutes $(MINUTES) --only $(ONLY)

DAYS ?= 90
fairness: setup  ## DAYS=90 of a city of 23 communities from SEED=0 at three levels of supply, beside the optimum
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/fairness.lock
	PYTHONHASHSEED=0 $(BIN)/python -m tests.fairness --days $(DAYS) --seed $(SEED)

bench: setup  ## Ours, stock nameko, FastStream and the floor, side by side
	$(BIN)/python -m tests.performance.bench

bench-large: setup  ## Pages of lists, of the feed and reports over 1,000,000 needs and events
	$(BIN)/python -m tests.performance.feed_pages
	$(BIN)/python -m tests.performance.report_pages

lint: setup  ## Style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup  ## Types, strictly: of the product, and of all that tests share
	$(BIN)/mypy
	$(BIN)/python -m tests.typed

walls: setup  ## Who may import whom
	$(BIN)/lint-imports

check: lint types walls test  ## All that .ci/run holds a change to

lock: setup  ## Resolve the dependencies anew
	$(BIN)/pip install --quiet --disable-pip-version-check "$(UV)"
	@# The tests run with the packages of dev.lock: what is shipped has none newer.
	@for group in dev base mutants fairness assistant; do \
	    case $$group in \
	    dev) extras="--extra dev --extra bench --extra embedded" ;; \
	    base) extras="--constraints requirements/dev.lock" ;; \
	    *) extras="--extra $$group --constraints requirements/dev.lock" ;; \
	    esac; \
	    $(BIN)/uv pip compile pyproject.toml $$extras --universal --python-version 3.11 --upgrade --generate-hashes \
	        --no-emit-index-url --no-emit-find-links --no-header --no-annotate --quiet -o requirements/$$group.lock; \
	done

release-contracts: setup  ## Keep the contracts and the commit of VERSION=1.2.3: later releases are compared with it
	$(BIN)/python tests/contract/release.py $(VERSION)

clean:  ## Stop this folder's stack; remove its data, .venv and all caches
	@if [ -x $(BIN)/lianshan ]; then $(BIN)/lianshan down; fi
	rm -rf var .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
