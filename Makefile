# The two commands that matter: `make run` and `make test`. `make help` lists all.

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
WORKERS ?= 2
ARGS ?=
PYTHONS := python3.13 python3.12 python3.11 python3 python
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
EDITABLE := --no-deps --no-build-isolation --editable .

.DEFAULT_GOAL := help
.PHONY: help run page test test-long fuzz test-browser audit check schema docs format coverage lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: $(STAMP) ## Serve on 127.0.0.1:8000 with an embedded database and demo data; settings are in the README
	@$(BIN)/python frontend/build.py || true
	@exec $(BIN)/gateway serve

page: $(STAMP) ## Build the GraphiQL page
	@$(BIN)/python frontend/build.py

test: $(STAMP) ## Run the tests that need only Python (ARGS="-k name" for some of them)
	@$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile $(ARGS)

test-long: $(STAMP) ## Run the tests that take minutes
	@$(BIN)/python -m pytest -q -m long $(ARGS)

fuzz: $(STAMP) ## Compare both executors over 20,000 made operations
	@$(BIN)/python -m pytest -q -m fuzz -n $(WORKERS) $(ARGS)

test-browser: page ## Run the tests of the page in headless Chromium
	@$(BIN)/python -m pytest -q -m browser $(ARGS)

audit: $(STAMP) ## Run the npm suites against a running gateway
	@$(BIN)/python -m tests.audit

bench: $(STAMP) ## Measure against the stock executor and code written by hand (ARGS="--seconds 2 --rounds 1" for a glance)
	@$(BIN)/python -m tests.bench $(ARGS)

bench-peers: $(STAMP) ## The same, and against Mercurius and PostGraphile; needs Node
	@$(BIN)/python -m tests.bench --peers $(ARGS)

soak: $(STAMP) ## Ask one worker 100,000 mixed requests and watch its memory (ARGS="--requests 1000" for a glance)
	@$(BIN)/python -m tests.bench.soak $(ARGS)

check: $(STAMP) ## Check formatting, lint, types, import rules, schema and documentation
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/gateway schema --check
	$(BIN)/python -m gateway.docs --check

schema: $(STAMP) ## Write schema.graphql
	@$(BIN)/gateway schema

docs: $(STAMP) ## Write the parts of the README that the code knows
	@$(BIN)/python -m gateway.docs

format: $(STAMP) ## Format the code and mend what lint can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

coverage: $(STAMP) ## Run the tests and report what they did not reach; fails where that is more than may be
	@$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile --cov --cov-report= $(ARGS)
	@$(BIN)/coverage report --include='gateway/*' --fail-under=90
	@$(BIN)/coverage report --include='schema/*' --fail-under=90
	@$(BIN)/coverage report --include='auth/*,models/*,resolvers/*' --fail-under=100

lock: ## Compile the lock files anew (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-strip-extras \
		--no-emit-index-url --no-annotate --no-header --quiet --output-file requirements.lock
	uv pip compile pyproject.toml --group dev --constraint requirements.lock --universal --python-version 3.11 \
		--generate-hashes --no-strip-extras --no-emit-index-url --no-annotate --no-header --quiet \
		--output-file requirements-dev.lock

clean: ## Remove what was built, and the caches; the database in .data stays
	rm -rf $(VENV) frontend/node_modules frontend/.node gateway/static/graphiql dist build htmlcov .coverage
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment: uv where there is one, else a venv with pip; any Python from 3.11 to 3.13 that can be found.
$(STAMP): pyproject.toml requirements-dev.lock
	@$(BIN)/python -c '$(FITS)' 2>/dev/null || rm -rf $(VENV)
	@if command -v uv >/dev/null 2>&1; then \
		set -e; \
		test -d $(VENV) || uv venv --quiet --python '>=3.11,<3.14' $(VENV); \
		uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.lock; \
		uv pip install --quiet --python $(BIN)/python $(EDITABLE); \
	else \
		set -e; \
		if ! test -d $(VENV); then \
			found=; \
			for python in $(PYTHONS); do \
				if $$python -c '$(FITS)' >/dev/null 2>&1; then found=$$python; break; fi; \
			done; \
			test -n "$$found" || { echo "No Python from 3.11 to 3.13 was found: install one, or uv." >&2; exit 1; }; \
			$$found -m venv $(VENV) || { rm -rf $(VENV); \
				echo "This Python cannot make environments: install its venv package, or uv." >&2; exit 1; }; \
		fi; \
		$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null; \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock; \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check $(EDITABLE); \
	fi
	@touch $@
