# Every command works from a fresh clone and from a folder with spaces in its name. So paths are relative, and programs
# are run as modules, because the scripts of a virtual environment contain its absolute path.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PY := .venv/bin/python
export PORT ?= 8000
export POS_PORT ?= 8001

.PHONY: demo test test-postgresql lint messages lock audit fuzz bench bench-against setup clean

# Coverage of the SQLite run, which has every test. `make test COVERAGE=` leaves it out.
COVERAGE ?= --cov --cov-report=
ROUNDS ?= 3

demo: .venv/.storekit
	@$(PY) -m storekit.demo

setup: .venv/.storekit-dev

test: lint
	$(PY) -m pytest -n 2 --dist loadgroup $(COVERAGE)
	@$(if $(COVERAGE),echo "Line coverage: $$($(PY) -m coverage report --format=total)%")
	$(MAKE) test-postgresql

# The sandbox has a store of its own, and pages look the same on both, so these run only once. `tests.database` leaves out
# what uses no database.
test-postgresql: .venv/.storekit-dev
	STOREKIT_TEST_DATABASE=postgresql $(PY) -m pytest -n 2 --dist loadgroup -m "not browser" \
		--ignore tests/sandbox --ignore tests/integrations/lightspeed

lint: .venv/.storekit-dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy .
	DJANGO_SETTINGS_MODULE=tests.settings $(PY) manage.py makemigrations --check --dry-run

# New texts for guests into the translations, and the translations compiled.
messages: .venv/.storekit-dev
	@$(PY) -m tests.messages

# Write the locks anew after a change to requirements*.txt. Other pins stay as they are, unless: make lock UPGRADE=1
# For every platform and every Python that storekit runs on. No index is named: uv uses yours.
LOCK := $(PY) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command "make lock"

lock: .venv/.storekit-dev
	$(LOCK) $(if $(UPGRADE),--upgrade) requirements.txt --output-file requirements.lock
	$(LOCK) $(if $(UPGRADE),--upgrade) requirements-dev.txt --constraints requirements.lock --output-file requirements-dev.lock

# Known vulnerabilities of everything that is locked, by a database on the network.
audit: .venv/.storekit-dev
	@$(PY) -m tests.audit

# Other requests each time; the short form in `make test` has the same ones every time.
CALLS ?= 50
fuzz: .venv/.storekit-dev
	STOREKIT_TEST_EXAMPLES=$(CALLS) $(PY) -m pytest tests/storekit/rest/test_schema_fuzzed.py

bench: .venv/.storekit-dev
	$(PY) -m tests.bench $(if $(JSON),--json) $(ONLY)

# This code beside an older commit's: make bench-against REV=HEAD~20 ONLY=placing
bench-against: .venv/.storekit-dev
	@$(PY) -m tests.bench.against --rounds $(ROUNDS) $(or $(REV),$(error Name the commit to compare with: make bench-against REV=HEAD~20)) $(ONLY)

# The rest of var belongs to the demo's database, which is kept.
clean:
	rm -rf .venv staticfiles var/log var/bench .coverage
	@git worktree prune

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "storekit needs Python 3.11 or later; name it with: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv .venv

.venv/.storekit: requirements.lock | .venv/bin/python
	$(PY) -m pip install --disable-pip-version-check --quiet --require-hashes -r requirements.lock
	@touch $@

.venv/.storekit-dev: requirements-dev.lock | .venv/bin/python
	$(PY) -m pip install --disable-pip-version-check --quiet --require-hashes -r requirements-dev.lock
	@touch $@ .venv/.storekit
