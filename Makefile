# Everything runs in .venv, made on first use. Variables come from the environment, from .env, or
# from the command line: make run PORT=9000

VENV   := .venv
PYTHON := $(VENV)/bin/python
# The Python that .venv is made with: the first of these that runs and is 3.11 or later.
PYTHON3 ?= python3 python3.14 python3.13 python3.12 python3.11
RUN_STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev
DASHBOARD_STAMP := $(VENV)/.installed-dashboard
FUZZ_STAMP := $(VENV)/.installed-fuzz
AUDIT_STAMP := $(VENV)/.installed-audit
# Client libraries that tests/clients runs: apart, for what they need must not hold .venv back.
CLIENTS := .clients
CLIENTS_STAMP := $(CLIENTS)/.installed
# How long `make fuzz` makes bodies; asking every path and looking for bodies
# that cost much take a fifth of it each.
FUZZ_SECONDS ?= 600
TESTS ?= tests/
# `make test` leaves out what takes long; what TESTS names is run whole.
FAST := not slow and not every_worker and not hostile and not clients
MARKS ?= $(if $(filter tests/,$(TESTS)),$(FAST))
# A PostgreSQL for each; a folder's module goes to one of them whole, with the service it shares,
# in the order of tests/conftest.py.
IN_PARALLEL := --numprocesses auto --dist loadscope --no-loadscope-reorder
# Some machines set it: each process of a test would then compile the service anew.
unexport PYTHONDONTWRITEBYTECODE
PIP := $(PYTHON) -m pip install --quiet --disable-pip-version-check
# Of flask-swagger-ui only Swagger UI's files are used: what it asks for is not installed.
UNUSED := flask blinker click itsdangerous jinja2 markupsafe werkzeug

# TypeScript's compiler for the types of the page's modules, which are comments; axe-core for a test.
NODE_MODULES := tests/ui/node_modules
CHECK_UI := if command -v npm >/dev/null; then \
	test $(NODE_MODULES) -nt tests/ui/package-lock.json || npm ci --silent --prefix tests/ui && touch $(NODE_MODULES); \
	echo "$(NODE_MODULES)/.bin/tsc" && $(NODE_MODULES)/.bin/tsc --project tests/ui; \
	else echo "make: without npm the types of service/ui are not checked" >&2; fi

.DEFAULT_GOAL := help
.PHONY: help run test test-all dashboard check format psql bench bench-quick faults fuzz audit clients requirements clean

help:  ## list what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22
	@echo "Variables: make run PORT=9000; all of them: $(PYTHON) -m service --help"

run: $(RUN_STAMP)  ## run the service, with its own PostgreSQL unless DATABASE_URL is set
	@exec $(PYTHON) -m service serve

# Tests without a server come first, in one process: what they find shows in seconds.
test: $(DEV_STAMP) $(if $(findstring clients,$(TESTS)),$(CLIENTS_STAMP))  ## run the tests, or TESTS=…; PG=15 on Debian's PostgreSQL 15, PGBOUNCER=1 reads through one
ifeq ($(TESTS)$(MARKS),tests/$(FAST))
	@$(PYTHON) -m pytest -q -m "unit and $(MARKS)"
	@exec $(PYTHON) -m pytest $(IN_PARALLEL) -m "not unit and $(MARKS)" $(PYTEST)
else
	@exec $(PYTHON) -m pytest $(if $(filter %.py,$(TESTS)),,$(IN_PARALLEL)) -m "$(MARKS)" $(TESTS) $(PYTEST)
endif

test-all: $(DEV_STAMP) $(CLIENTS_STAMP)  ## every test on every worker class, then on PostgreSQL 15, then reads through PgBouncer
	@$(PYTHON) -m pytest $(IN_PARALLEL)
	@PG=15 $(PYTHON) -m pytest $(IN_PARALLEL) -m "not any_postgres and not every_worker and not hostile"
	@PGBOUNCER=1 exec $(PYTHON) -m pytest $(IN_PARALLEL) -m pgbouncer

dashboard: $(DASHBOARD_STAMP)  ## serve the released GATI dashboard on port 3000; DASHBOARD='--port 3001 --key-file FILE'
	@exec $(PYTHON) -m service dashboard $(DASHBOARD)

psql: $(RUN_STAMP)  ## open a shell on the service's database
	@exec $(PYTHON) -m service psql

check: $(DEV_STAMP)  ## formatting, lint, types, and which room imports which
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	$(VENV)/bin/lint-imports
	@$(CHECK_UI)

format: $(DEV_STAMP)  ## rewrite the files as `check` wants them
	$(PYTHON) -m ruff format .
	$(PYTHON) -m ruff check --fix .

bench: $(DEV_STAMP)  ## measure this machine; a quarter of an hour, then a page with plots
	@exec $(PYTHON) -m bench all

bench-quick: $(DEV_STAMP)  ## the same, shorter; about a minute
	@exec $(PYTHON) -m bench quick

faults: $(DEV_STAMP)  ## kill, cut and lock what there is under load, and count the events; 10 minutes
	@exec $(PYTHON) -m tests.faults $(FAULTS)

fuzz: $(FUZZ_STAMP)  ## look for requests that break something; FUZZ_SECONDS=600
	@FUZZ_SECONDS=$(FUZZ_SECONDS) exec $(PYTHON) -m pytest -s --timeout=0 \
		tests/fuzz/test_schemathesis.py tests/fuzz/cost.py tests/fuzz/long.py

audit: $(AUDIT_STAMP)  ## look the packages up among known vulnerabilities
	@exec $(PYTHON) .ci/audit

clients: $(CLIENTS_STAMP)  ## install the client libraries that tests/clients runs, apart

requirements: | $(PYTHON)  ## write requirements.txt from pyproject.toml, with the hashes of each file
	@$(PIP) pip-tools==7.6.2
	@grep -o 'flask-swagger-ui==[^"]*' pyproject.toml >$(VENV)/docs.in
	@CUSTOM_COMPILE_COMMAND="make requirements" $(PYTHON) -m piptools compile --quiet \
		--no-strip-extras --generate-hashes --no-emit-options --annotation-style=line \
		$(UNUSED:%=--unsafe-package=%) --output-file requirements.txt pyproject.toml $(VENV)/docs.in
	@sed -i '/^# WARNING/,$$d' requirements.txt

clean:  ## remove the virtual environment and the caches; data stays
	rm -rf $(VENV) $(CLIENTS) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .fuzz
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# One stamp for each list of packages: the second run finds it and installs nothing.
# --no-deps: requirements.txt is complete.
$(RUN_STAMP): requirements.txt | $(PYTHON)
	@echo "installing the packages of requirements.txt"
	@$(PIP) --no-deps --require-hashes -r requirements.txt && touch $@

# Its pages are files of the SDK's wheel; what the SDK asks for is not needed.
$(DASHBOARD_STAMP): pyproject.toml $(RUN_STAMP)
	@$(PIP) --no-deps --group dashboard && touch $@

$(DEV_STAMP): pyproject.toml $(RUN_STAMP)
	@echo "installing the packages of the group dev"
	@$(PIP) --group dev && touch $@

$(FUZZ_STAMP): $(DEV_STAMP)
	@echo "installing the packages of the group fuzz"
	@$(PIP) --group fuzz && touch $@

$(AUDIT_STAMP): $(DEV_STAMP)
	@echo "installing the packages of the group audit"
	@$(PIP) --group audit && touch $@

$(CLIENTS_STAMP): requirements-clients.txt tests/clients/package.json tests/clients/package-lock.json | $(PYTHON)
	@echo "installing the packages of requirements-clients.txt$(if $(shell command -v npm), and tests/clients/package.json)"
	@rm -rf $(CLIENTS) && $(PYTHON) -m venv $(CLIENTS)/python \
		&& $(CLIENTS)/python/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-clients.txt
	@if command -v npm >/dev/null; then \
		mkdir $(CLIENTS)/js && cp tests/clients/package.json tests/clients/package-lock.json $(CLIENTS)/js \
			&& npm ci --silent --no-audit --no-fund --prefix $(CLIENTS)/js; \
	fi
	@touch $@

$(PYTHON):
	@for python in $(PYTHON3); do \
		$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
		$$python -m venv $(VENV) && $(PIP) pip==26.3 && exit 0; \
		rm -rf $(VENV); \
		echo "make: $$python makes no virtual environment; on Debian: apt install python3-venv" >&2; \
		exit 1; \
	done; \
	echo "make: Python 3.11 or later is needed; none of these is: $(PYTHON3)" >&2; \
	exit 1
