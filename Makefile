# The commands of this project. Each sets up what it needs by itself.

PYTHON := .venv/bin/python
TEST_NEEDS := $(if $(SQLITE_ONLY),,postgresql) redis chromium

.PHONY: help demo test check bench openapi screenshots

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /make \1\t/p' $(MAKEFILE_LIST)

demo: ## logins, the document's sample and a generated community, then the site until Ctrl-C
	@scripts/setup.sh
	@scripts/demo.sh

test: ## the whole suite on SQLite, and on PostgreSQL what stores, locks or races; ARGS= goes to pytest, SQLITE_ONLY=1 leaves PostgreSQL out
	@scripts/setup.sh tests $(TEST_NEEDS)
	@$(PYTHON) -m scripts.test $(ARGS)

check: ## ruff, mypy, import-linter, djlint, hadolint, missing migrations, production settings
	@scripts/setup.sh tests
	@scripts/check.sh

bench: ## the batch sync, ten kill -9 in one run, the merge in sets, the work queues of 100,000 members, the mini-program's first page; on both databases
	@scripts/setup.sh tests postgresql redis
	@DATABASE_URL=sqlite:///db.sqlite3 $(PYTHON) -m benchmarks.batch
	@$(PYTHON) -m scripts.postgresql $(PYTHON) -m benchmarks.batch
	@DATABASE_URL=sqlite:///db.sqlite3 $(PYTHON) -m benchmarks.merge
	@$(PYTHON) -m scripts.postgresql $(PYTHON) -m benchmarks.merge
	@DATABASE_URL=sqlite:///db.sqlite3 $(PYTHON) -m benchmarks.queues
	@$(PYTHON) -m scripts.postgresql $(PYTHON) -m benchmarks.queues
	@DATABASE_URL=sqlite:///db.sqlite3 $(PYTHON) -m benchmarks.home
	@$(PYTHON) -m scripts.postgresql $(PYTHON) -m benchmarks.home
	@DATABASE_URL=sqlite:///db.sqlite3 $(PYTHON) -m benchmarks.kills
	@$(PYTHON) -m scripts.postgresql $(PYTHON) -m benchmarks.kills

openapi: ## writes docs/openapi.yaml, the description of the mini-program's API
	@scripts/setup.sh
	@$(PYTHON) -m scripts.openapi

screenshots: ## takes the README's pictures of the running demo (`make demo` in another terminal)
	@scripts/setup.sh tests chromium fonts
	@$(PYTHON) -m scripts.screenshots
