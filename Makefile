# Every target sets itself up: a fresh clone needs only Python 3.11 or newer, make and a package index.
PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready
BIN := $(VENV)/bin

.PHONY: venv assets demo test soak bench measure mutate lint lock clean

demo: $(READY)
	rm -rf demo-world
	$(BIN)/clew demo --keep demo-world

venv: $(READY)

assets:
	$(PYTHON) scripts/fetch-assets

# Pages need what npm fetches; where it cannot, their tests say so and are skipped.
pages/fetched/govuk-frontend.css: package-lock.json scripts/fetch-assets
	-$(PYTHON) scripts/fetch-assets

test: $(READY) pages/fetched/govuk-frontend.css
	scripts/run-tests

soak: $(READY) pages/fetched/govuk-frontend.css
	scripts/run-tests --soak

bench: $(READY)
	$(BIN)/python -m benchmarks.run

measure: $(READY)
	$(BIN)/python -m benchmarks.encoding --parts quality,privacy,national,ablation

# Hours of work on two cores; interrupted, it goes on where it stopped.
mutate: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/mutate.txt
	$(BIN)/python -m benchmarks.mutation

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Dependencies are locked with hashes; run this after changing them in pyproject.toml and review the change.
lock: $(READY)
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
	  --extra dev pyproject.toml -o requirements/dev.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
	  -c requirements/dev.txt --extra console --extra postgresql pyproject.toml -o requirements/register.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
	  -c requirements/dev.txt --extra console --extra postgresql --extra evidence pyproject.toml \
	  -o requirements/evidence.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
	  -c requirements/dev.txt pyproject.toml -o requirements/agency.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
	  -c requirements/dev.txt --extra console --extra postgresql --extra spark pyproject.toml \
	  -o requirements/spark.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
	  -c requirements/dev.txt --extra desk pyproject.toml -o requirements/desk.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
	  -c requirements/dev.txt --extra mutate pyproject.toml -o requirements/mutate.txt

$(READY): requirements/dev.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("clew needs Python 3.11 or newer, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(READY)

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
