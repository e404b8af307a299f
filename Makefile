# make demo       the first figure, from nothing but Python
# make test       the everyday suite
# make slow       the slow tests: kills, clusters, other people's servers
# make reference  the generated pages of docs/, and the schema of study files
# make results    the figures, verdicts and pages of docs/results, from the data beside them
# make docs       the documentation site, into build/site/; a dead link fails it
# make looks      every kind of figure and page, from made-up results, into looks/: to look at
# make check      everything that a change must pass

PYTHON ?= python3
UV := $(shell uv --version >/dev/null 2>&1 && command -v uv)
BIN := .venv/bin
INSTALLED := .venv/installed

.PHONY: demo test slow reference results docs looks check lint types contracts clean

demo: $(INSTALLED)
	$(BIN)/ablate run studies/quickstart.yaml

test: $(INSTALLED)
	OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses 2 --dist loadfile

slow: $(INSTALLED)
	$(BIN)/pytest -m slow

reference: $(INSTALLED)
	$(BIN)/python docs/generate.py

results: $(INSTALLED)
	$(BIN)/python docs/redraw_results.py
	$(BIN)/python docs/generate.py

docs: $(INSTALLED)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --config-file docs/site/mkdocs.yml

looks: $(INSTALLED)
	$(BIN)/python docs/looks.py looks

check: lint types contracts docs test

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(INSTALLED)
	$(BIN)/mypy

contracts: $(INSTALLED)
	$(BIN)/lint-imports

# An environment that is there is brought up to date, never made a second time. Bytecode is compiled now, or the first
# command would do it for seconds, and every command where it cannot be written.
$(INSTALLED): pyproject.toml constraints.txt
ifneq ($(UV),)
	test -x $(BIN)/python || uv venv --quiet --seed --python $(PYTHON) .venv
	uv pip install --quiet --python $(BIN)/python --compile-bytecode --constraint constraints.txt --editable '.[dev]'
else
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
endif
	touch $@

clean:
	rm -rf .venv
