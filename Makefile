# `make run` needs Python 3.11 or newer and nothing else; `make test` also Node and a Chromium, which it installs when it
# runs as root on Debian or Ubuntu. What is installed is installed once: a stamp file remembers for which pyproject.toml.

PYTHON ?= python3
VENV := .venv
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run test format bench screenshots clean system

help: ## Show what can be made
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

run: $(VENV)/installed ## Start chalkgrad and open the browser; make run ARGS="--port 9000 --no-browser"
	@exec $(VENV)/bin/chalkgrad $(ARGS)

test: $(VENV)/installed-dev node_modules/installed ## Run every check: formats, types, tests, the page in a browser
	@VENV=$(VENV) scripts/check

format: $(VENV)/installed-dev ## Format the Python, and mend what ruff can mend by itself
	$(VENV)/bin/ruff check --fix-only .
	$(VENV)/bin/ruff format .

bench: $(VENV)/installed-dev | system ## Measure the speeds that the README tells
	$(VENV)/bin/python -m benchmarks.engine
	$(VENV)/bin/python -m benchmarks.stream
	$(VENV)/bin/python -m benchmarks.views

screenshots: $(VENV)/installed-dev | system ## Photograph every phase and mode into build/screenshots/
	$(VENV)/bin/pytest tests/browser/test_screenshots.py

clean: ## Remove everything that can be made again
	rm -rf $(VENV) node_modules build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Looking for the programs costs nothing, so it happens each time: one may have been removed since.
system:
	@scripts/setup-system

$(VENV)/installed: pyproject.toml
	@scripts/create-venv $(VENV) $(PYTHON)
	@echo "Installing chalkgrad into $(VENV); this happens once and takes about half a minute"
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/installed-dev: pyproject.toml
	@scripts/create-venv $(VENV) $(PYTHON)
	@echo "Installing chalkgrad and the tools that check it into $(VENV)"
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $(VENV)/installed $@

node_modules/installed: package.json package-lock.json .npmrc | system
	@echo "Installing the type checker for JavaScript into node_modules"
	@npm ci --no-progress --loglevel=error
	@touch $@
