# Everything runs in .venv, made from lock files with hashes. `make` alone lists the commands.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RELEASE := 'import sys; print("%d.%d" % sys.version_info[:2])'
# A file's tests share what they have started; tests/conftest.py says in which order they come.
PARALLEL := --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
# What a collector of a test imports is compiled once, and not at each of its starts.
export PYTHONDONTWRITEBYTECODE :=
PIP := $(BIN)/python -m pip --disable-pip-version-check
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo test slowest coverage check lint format api lowest bench soak fuzz build docs audit sbom lock upgrade hooks clean same-python

help:  ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.run  ## a local ingest sandbox and the collector on conf/quickstart.yaml
	@$(BIN)/collector demo conf/quickstart.yaml

test: $(VENV)/.dev  ## the whole test suite
	@$(BIN)/python -m pytest -q $(PARALLEL) $(PYTEST_ARGS)

slowest: PYTEST_ARGS += -p tests.cost
slowest: test  ## the same, and the files that cost most, in CPU time

# Tracing takes as much again, and sees nothing of the processes that system tests start.
coverage: $(VENV)/.dev  ## the tests of this process with the coverage floor, and what they have not seen
	@$(BIN)/python -m pytest -q $(PARALLEL) -m "not system" --cov $(PYTEST_ARGS)

check: lint test  ## all that must pass before a commit: format, lint, types, imports, tests

lint: $(VENV)/.dev  ## the part of `make check` that takes seconds
	@$(BIN)/ruff format --quiet --check --diff .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo

format: $(VENV)/.dev  ## format the code and repair what ruff can
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --fix .

# An environment of its own, so that .venv stays what the lock files say.
lowest: $(VENV)/.dev  ## the test suite with the oldest dependencies that pyproject.toml allows
	@mkdir -p .cache
	@$(BIN)/uv pip compile --quiet --resolution lowest-direct --python $(BIN)/python \
		--no-header --no-annotate --all-extras --output-file .cache/lowest.txt pyproject.toml
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python .cache/lowest
	@$(BIN)/uv pip install --quiet --python .cache/lowest/bin/python --group test \
		--constraints .cache/lowest.txt --editable .
	@.cache/lowest/bin/python -m pytest -q $(PARALLEL) $(PYTEST_ARGS)

api: $(VENV)/.dev  ## write down anew what plugins may import; the diff is what they would notice
	@$(BIN)/python -m tests.collector.public

bench: $(VENV)/.dev  ## CPU, throughput, loss and memory over TCP and UDP
	@$(BIN)/python tests/bench

soak: $(VENV)/.dev  ## 100 kills, full disks and damage: minutes
	@$(BIN)/python tests/soak $(SOAK_ARGS)

# Hypothesis finds what is new by itself; .hypothesis remembers what failed, .cache/fuzz what atheris
# has learnt.
fuzz: $(VENV)/.fuzz  ## bytes and frames at random through framings, parsers and decoders: minutes
	@$(BIN)/python -m pytest -q --hypothesis-profile fuzz $(PARALLEL) \
		tests/collector/inputs/test_autoframing.py tests/collector/inputs/test_multiline.py \
		tests/collector/inputs/test_frames.py tests/plugins/collector_syslog/test_parser.py \
		tests/plugins/collector_syslog/test_reader.py \
		tests/plugins/collector_syslog/test_worst_case.py $(FUZZ_ARGS)
	@$(BIN)/python tests/fuzz $(ATHERIS_ARGS)

build: $(VENV)/.dev  ## sdist and wheel into dist/, contents checked
	@rm -rf dist
	@$(BIN)/python -m build --no-isolation --outdir dist
	@$(BIN)/check-wheel-contents dist

docs: $(VENV)/.docs  ## the documentation as a site, into build/docs, every link checked
	@$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going --fresh-env --conf-dir docs . build/docs

audit: $(VENV)/.release  ## known vulnerabilities in what we pin
	@for lock in requirements*.lock; do \
		$(BIN)/pip-audit --strict --disable-pip --require-hashes -r $$lock || exit 1; done

sbom: $(VENV)/.release  ## what the collector runs on, as CycloneDX, into build/sbom.cdx.json
	@mkdir -p build
	@$(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible \
		--output-file build/sbom.cdx.json requirements.lock

# Each lock is a constraint for those after it: one version of everything.
lock: $(BIN)/uv  ## write the lock files again, keeping versions where possible
	@$(COMPILE) $(UPGRADE) --output-file requirements.lock pyproject.toml
	@$(COMPILE) $(UPGRADE) --output-file requirements-build.lock --group build \
		--constraints requirements.lock
	@$(COMPILE) $(UPGRADE) --output-file requirements-dev.lock pyproject.toml --all-extras --group dev \
		--constraints requirements.lock --constraints requirements-build.lock
	@$(COMPILE) $(UPGRADE) --output-file requirements-docs.lock --group docs \
		--constraints requirements-dev.lock
	@$(COMPILE) $(UPGRADE) --output-file requirements-release.lock --group release \
		--constraints requirements-dev.lock
	@$(COMPILE) $(UPGRADE) --output-file requirements-fuzz.lock --group fuzz

upgrade: UPGRADE := --upgrade
upgrade: lock  ## write the lock files with the newest versions

hooks: $(VENV)/.dev  ## run the linters before every git commit (needs pre-commit)
	@pre-commit install

clean:  ## remove .venv and everything that was made
	rm -rf $(VENV) build dist .cache .coverage .coverage.* .hypothesis .import_linter_cache \
		.mypy_cache .pytest_cache .ruff_cache _trial_temp*
	find collector plugins tests -name __pycache__ -type d -prune -exec rm -rf {} +

# --- the environment ------------------------------------------------------------------------------

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null && $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed and '$(PYTHON)' is not: say which, as in: make PYTHON=python3.13 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "'$(PYTHON)' lacks its venv module: install it (Debian: apt-get install python3-venv)" >&2; exit 1; }
	@echo "Making $(VENV) ..."
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

# Who says PYTHON means that one; a .venv of another version must not stand in for it silently.
same-python: | $(BIN)/python
ifneq ($(origin PYTHON),file)
	@have=$$($(BIN)/python -c $(RELEASE)) want=$$($(PYTHON) -c $(RELEASE) 2>/dev/null); \
		[ "$$have" = "$$want" ] || { echo "$(VENV) is Python $$have and '$(PYTHON)' is $${want:-no Python}: run \`make clean\` first, or leave PYTHON out" >&2; exit 1; }
endif

# A lock is complete, hence --no-deps: pip would look up anew what is asked for with an extra, and
# refuse the version that has come out since.
# What `make demo` needs: the run-time dependencies, and the build backend for our own install.
$(VENV)/.run: requirements.lock requirements-build.lock pyproject.toml | $(BIN)/python same-python
	@echo "Installing what the collector runs on into $(VENV) (once) ..."
	@$(PIP) install --quiet --no-deps --require-hashes -r requirements.lock -r requirements-build.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# The development lock holds all of the above as well.
$(VENV)/.dev: requirements-dev.lock requirements.lock requirements-build.lock pyproject.toml | $(BIN)/python same-python
	@echo "Installing the development tools into $(VENV) (once) ..."
	@$(PIP) install --quiet --no-deps --require-hashes -r requirements-dev.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $(VENV)/.run $@

$(VENV)/.docs: requirements-docs.lock | $(VENV)/.dev
	@echo "Installing what builds the documentation into $(VENV) (once) ..."
	@$(PIP) install --quiet --no-deps --require-hashes -r requirements-docs.lock
	@touch $@

$(VENV)/.release: requirements-release.lock | $(VENV)/.dev
	@echo "Installing the release tools into $(VENV) (once) ..."
	@$(PIP) install --quiet --no-deps --require-hashes -r requirements-release.lock
	@touch $@

$(VENV)/.fuzz: requirements-fuzz.lock | $(VENV)/.dev
	@echo "Installing atheris into $(VENV) (once) ..."
	@$(PIP) install --quiet --no-deps --require-hashes -r requirements-fuzz.lock
	@touch $@

# Locks must be writable when they are missing or broken: then uv comes without one.
$(BIN)/uv: | $(BIN)/python same-python
	@$(PIP) install --quiet uv
