# Everything here works from a fresh clone with Python 3.11+, git and make.

VENV ?= .venv
PORT ?= 8000
DJANGO ?= 4.2

# Windows has other names for the parts of an environment, and the shell that Git brings makes C:\ of an argument "/".
ifeq ($(OS),Windows_NT)
PYTHON ?= python
SCRIPTS := Scripts
EXE := .exe
TESTS := $(wildcard tests/platforms/suites/*.py) # elsewhere test_without_posix.py runs them; the others need POSIX
export MSYS_NO_PATHCONV := 1
else
PYTHON ?= python3
SCRIPTS := bin
endif

BIN := $(VENV)/$(SCRIPTS)
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint .ci/constraints.txt
COMPILE = $(BIN)/python -m compileall -q compiler runtime # as pip does for all that is not editable
DEMO_SOURCES = $$($(BIN)/python -c 'import django.contrib.admin as a; print(a.__path__[0])')/static docs/demo/static /=docs/demo/public

.PHONY: demo test test-slow test-django check fmt docs generated bench clean

demo: $(VENV)/demo.stamp ## compile a real tree and serve it
	$(BIN)/servestatic-build $(DEMO_SOURCES) --out build/demo
	$(BIN)/python -m servestatic_runtime build/demo --port $(PORT)

test: $(VENV)/dev.stamp ## run the test suite
	$(BIN)/python -m pytest --numprocesses auto -m "not slow" $(TESTS)

test-slow: $(VENV)/dev.stamp ## run the tests with browsers, servers and whole packages
	$(BIN)/python -m pytest --numprocesses auto -m slow

test-django: .venv-django-$(DJANGO)/dev.stamp ## run Django's tests with another version of it: DJANGO=4.2
	.venv-django-$(DJANGO)/$(SCRIPTS)/python -m pytest --numprocesses auto tests/django

check: $(VENV)/dev.stamp ## lint, types, format; writes nothing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

fmt: $(VENV)/dev.stamp ## format and mend what can be
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: generated ## build the documentation as a site into build/site; a broken link is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --config-file .mkdocs.yml --strict --quiet

generated: $(VENV)/dev.stamp ## write what the documents take from the code
	$(BIN)/python docs/generated_parts.py

bench: $(VENV)/bench.stamp ## print every number that the README claims
	for benchmark in open_and_lookup first_answer passing_through on_uvicorn on_gunicorn on_granian references verifying growth django_start builds; do $(BIN)/python benchmarks/$$benchmark.py; done

clean:
	rm -rf build $(VENV) .venv-django-*

$(BIN)/python$(EXE):
	$(PYTHON) -m venv $(VENV)

.venv-django-%/dev.stamp: pyproject.toml .ci/constraints.txt
	$(PYTHON) -m venv $(@D)
	grep -vi '^django' .ci/constraints.txt > $(@D)/constraints.txt
	$(@D)/$(SCRIPTS)/python -m pip install --quiet --disable-pip-version-check --constraint $(@D)/constraints.txt --editable '.[tests]' 'django==$*.*'
	touch $@

$(VENV)/demo.stamp: pyproject.toml .ci/constraints.txt | $(BIN)/python$(EXE)
	$(PIP) --editable '.[build]' django
	$(COMPILE)
	touch $@

$(VENV)/%.stamp: pyproject.toml .ci/constraints.txt | $(BIN)/python$(EXE)
	$(PIP) --editable '.[$*]'
	$(COMPILE)
	touch $@
