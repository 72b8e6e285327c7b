# The targets that people type. `make up` needs nothing but Python 3.11 or newer.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
NPM = $(shell command -v npm >/dev/null 2>&1 && echo npm || echo $(BIN)/npm)

# The packages of the application, as the type checker knows them.
PACKAGES = $(BIN)/python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['tool']['mypy']['packages'])"

.PHONY: up test check bench fmt assets translations texts lock migration clean

up: $(VENV)/.base assets translations
	@$(BIN)/itsm up

# The whole suite, with everything that it needs to install.
test: $(VENV)/.dev assets translations
	@$(PYTHON) -m config.system_packages tests
	@$(BIN)/python -m tests.run

check: $(VENV)/.dev assets translations
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.migrations
	@$(MAKE) --no-print-directory test

bench: $(VENV)/.dev assets translations
	@$(BIN)/python -m tests.bench

fmt: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "itsm needs Python 3.11 or newer; found $$($(PYTHON) --version). Set PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m config.system_packages run
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.base: requirements/base.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing the locked libraries …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/base.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.base
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

assets: itsm/web/static/vendor/icons.svg

itsm/web/static/vendor/icons.svg: package-lock.json itsm/web/assets.py | $(VENV)/.base
	@command -v npm >/dev/null 2>&1 || $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/node.txt
	@echo "Installing the page assets …"
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(NPM) ci --no-progress --loglevel=error >/dev/null
	@$(BIN)/python -m itsm.web.assets

translations: itsm/translations/.compiled

itsm/translations/.compiled: $(wildcard itsm/translations/*/LC_MESSAGES/messages.po) | $(VENV)/.base
	@$(BIN)/pybabel --quiet compile --directory itsm/translations 2>/dev/null || true
	@mkdir -p itsm/translations && touch $@

# Lock files carry versions and hashes only.
lock: $(VENV)/.dev
	@for name in base dev node; do $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header --output-file requirements/$$name.txt requirements/$$name.in; done

clean:
	rm -rf node_modules itsm/web/static/vendor .mypy_cache .pytest_cache .ruff_cache

# A new migration from the difference between models and migrations: make migration m="what it does"
migration: $(VENV)/.dev
	@$(BIN)/python -m migrations.draft "$(m)"

# Collect texts into the catalogues.
texts: $(VENV)/.dev
	@$(BIN)/pybabel --quiet extract --no-location --sort-output --no-wrap --keyword=_ --keyword=noop --keyword=plural:1,2 --mapping babel.cfg --output /tmp/itsm-messages.pot $$($(PACKAGES))
	@for code in en sv es fa el; do test -f itsm/translations/$$code/LC_MESSAGES/messages.po && $(BIN)/pybabel --quiet update --no-fuzzy-matching --no-wrap --ignore-obsolete --input-file /tmp/itsm-messages.pot --output-file itsm/translations/$$code/LC_MESSAGES/messages.po --locale $$code || $(BIN)/pybabel --quiet init --no-wrap --input-file /tmp/itsm-messages.pot --output-file itsm/translations/$$code/LC_MESSAGES/messages.po --locale $$code; done
