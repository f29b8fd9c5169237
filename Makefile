# Everything here sets itself up: a fresh clone with Python >= 3.11, make and git is enough.
#   make deploy ENV=staging
#   make test

PYTHON ?= python3
ENV ?= dev
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CHECKOV := .build/checkov
COMPILE := -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock"
PYTEST = $(BIN)/python -m pytest --numprocesses 3 --dist loadscope --no-loadscope-reorder --durations 15
# Each has a platform of its own and mostly waits, so that both go on at once.
TOURS := tests/functional/monitoring/test_alarms_on_faults.py tests/local/test_alerts_on_faults.py
.DEFAULT_GOAL := help

.PHONY: help setup deploy destroy plan test test-slow test-tours test-servers test-fast check fmt bench lock docs clean distclean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## install the toolkit into .venv (every other target does it by itself)

$(READY): requirements/dev.txt requirements/terraform.txt requirements/installer.txt pyproject.toml scripts/install.py
	@$(PYTHON) scripts/install.py $(VENV)
	@touch $@

$(CHECKOV)/.ready: requirements/checkov.txt scripts/install.py
	@$(PYTHON) scripts/install.py --requirements requirements/checkov.txt $(CHECKOV)
	@touch $@

.build/bench/.ready: requirements/bench.txt scripts/install.py
	@$(PYTHON) scripts/install.py --requirements requirements/bench.txt .build/bench
	@touch $@

deploy: $(READY) ## bring ENV to what environments/ENV.yaml says
	@$(BIN)/studyctl deploy $(ENV)

plan: $(READY) ## show what a deploy of ENV would change
	@$(BIN)/studyctl plan $(ENV)

destroy: $(READY) ## remove everything of ENV
	@$(BIN)/studyctl destroy $(ENV)

test: $(READY) $(CHECKOV)/.ready ## every test but the slow ones: unit, golden, composition, modules, one real deploy
	@$(PYTEST) -m "not slow" tests

test-slow: $(READY) $(CHECKOV)/.ready ## the slow tests: fault tours, and those of test-servers
	@$(PYTEST) -m slow tests

test-tours: $(READY) ## the fault tours: what is broken rings exactly its alarms, in Prometheus and in CloudWatch
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --durations 0 --durations-min 5 -m slow $(TOURS)

test-servers: $(READY) ## of the slow tests: runtime layer, services, local servers, ECS agent and releases, on real servers
	@$(PYTEST) tests/runtime tests/services tests/local tests/emulator/ecs_agent tests/functional/releases

test-fast: $(READY) ## only the tests that need no terraform and no server
	@$(BIN)/python -m pytest tests/unit tests/golden

check: $(READY) $(CHECKOV)/.ready ## style, types, layers, formatting, generated files, policies, workflows
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python scripts/terraform.py fmt -check -recursive -diff terraform infra
	@$(BIN)/python -m scripts.generate --check
	@$(BIN)/studyctl lint --quiet
	@$(BIN)/zizmor --quiet --offline --persona=auditor .github

fmt: $(READY) ## format Python and HCL
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .
	@$(BIN)/python scripts/terraform.py fmt -recursive terraform infra

bench: $(READY) $(CHECKOV)/.ready .build/bench/.ready ## ratios against plain terraform, Typer and the libraries we stand on, in one run
	@$(BIN)/python -m tests.bench

lock: $(READY) ## resolve the locks anew
	@$(BIN)/python -m uv pip compile $(COMPILE) --all-extras pyproject.toml -o requirements/dev.txt
	@$(BIN)/python -m uv pip compile $(COMPILE) --extra services -c requirements/dev.txt pyproject.toml -o infra/image/requirements.txt
	@for lock in installer terraform checkov catalogue bench; do \
	  $(BIN)/python -m uv pip compile $(COMPILE) requirements/$$lock.in -o requirements/$$lock.txt || exit 1; done

docs: $(READY) ## write the generated pages, the schema and the goldens anew
	@$(BIN)/python -m scripts.generate

clean: ## remove build results; local servers and emulator are stopped first; what belongs to real accounts stays
	@if [ -x $(BIN)/studyctl ]; then $(BIN)/studyctl local down --erase --quiet || true; $(BIN)/studyctl emulator down --quiet || true; fi
	@find .build -mindepth 1 -maxdepth 1 ! -name accounts -exec rm -rf {} + 2>/dev/null || true
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

distclean: clean ## clean, and remove the virtual environment
	@rm -rf $(VENV)
