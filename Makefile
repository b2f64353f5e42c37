# make demo    render the example seed to out.wav; installs what that needs
# make test    lint, types, import contract and the whole test suite; installs the rest
# make test-lowest, make test-newest
#              the suite with the oldest, the newest versions that pyproject.toml allows
# make lock    the versions that all of these install, anew from pyproject.toml
# make kernels compile what runs as machine code, if its source has changed
# make fuzz    damaged inputs of every kind for all that is read; INPUTS= for each, SEED=
# make crash   kill every command wherever it touches a file, and look at what is left
# make mutation  change modules a little, and count how often tests notice (hours)
# make docs    the documentation as a site in build/site; broken links and warnings are errors
# make bench   the figures of the README and docs, side by side with named peers (minutes)
# make train   NES-MDB, POP909 and music21's corpus to both models' weights and reports (hours; set
#              DATA=path/to/nesmdb_midi and POP909=path/to/POP909-Dataset/POP909)

PYTHON ?= python3
DATA ?=
POP909 ?=
CORPORA ?=
RUNS ?= build/train
BIN := .venv/bin

.PHONY: demo kernels test test-lowest test-newest lock lint format fuzz crash mutation bench docs train golden wheel clean

# What is installed is locked, with hashes. What builds the project has a folder of its own beside
# the environment's packages: .venv/build. Python compiles each module when it is first imported;
# compiling all of them at once takes half a minute for each environment.
PIP := -m pip install --quiet --disable-pip-version-check --no-compile
LOCKED := $(PIP) --no-deps --require-hashes --only-binary :all: --requirement
PROJECT := $(PIP) --no-deps --no-build-isolation --editable .
WITH_BUILD := PYTHONPATH=.venv/build

.venv/demo: pyproject.toml hatch_build.py locks/demo.txt locks/build.txt locks/linker.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing chipgen and what it needs into .venv"
	$(BIN)/python $(LOCKED) locks/demo.txt
	rm -rf .venv/build
	$(BIN)/python $(LOCKED) locks/build.txt --target .venv/build
	command -v cc >/dev/null || $(BIN)/python $(LOCKED) locks/linker.txt --target .venv/build
	$(WITH_BUILD) $(BIN)/python $(PROJECT)
	touch $@

.venv/installed: .venv/demo locks/dev.txt locks/torch.txt
	@echo "installing all extras and the tests' tools; PyTorch is large, this takes minutes"
	$(BIN)/python $(LOCKED) locks/dev.txt
	$(BIN)/python $(PIP) --requirement locks/torch.txt
	touch $@

# What `make train` needs beside that: music21, which brings its corpus along.
.venv/corpora: .venv/installed locks/corpora.txt
	@echo "installing music21 and its corpus"
	$(BIN)/python $(LOCKED) locks/corpora.txt
	touch $@

# The installation has compiled the kernels; after a change of their code they are compiled again.
.venv/kernels: .venv/demo $(shell find synth chipgen -name '*.py')
	$(WITH_BUILD) $(BIN)/python -m synth.kernels.build
	touch $@

kernels: .venv/kernels

demo: .venv/kernels
	$(BIN)/chipgen render examples/seed.mid -o out.wav --force

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint .venv/kernels
	$(BIN)/pytest -n 2 --dist loadfile

# The oldest and the newest versions that pyproject.toml allows (of torch the locked one), each in an
# environment of its own. TESTS=... runs a part, named as pytest takes it. The oldest are those for
# Python 3.11.
TESTS ?=
build/lowest/installed: .venv/installed locks/lowest.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || \
		{ echo "make test-lowest needs PYTHON=path/to/python3.11" >&2; exit 2; }
	test -x build/lowest/bin/python || $(PYTHON) -m venv build/lowest
	build/lowest/bin/python $(LOCKED) locks/lowest.txt
	build/lowest/bin/python $(PIP) --requirement locks/torch.txt
	build/lowest/bin/python $(PROJECT)
	touch $@

build/newest/installed: .venv/installed
	rm -rf build/newest
	$(PYTHON) -m venv build/newest
	$(COMPILE) --python build/newest/bin/python --upgrade --extra dev pyproject.toml \
		--output-file build/newest/newest.txt
	build/newest/bin/python $(LOCKED) build/newest/newest.txt
	build/newest/bin/python $(PIP) --requirement locks/torch.txt
	build/newest/bin/python $(PROJECT)

.PHONY: build/newest/installed
test-lowest test-newest: test-%: build/%/installed .venv/kernels
	build/$*/bin/pytest -n 2 --dist loadfile $(TESTS)

# Locked versions stay where pyproject.toml still allows them; UPGRADE=--upgrade takes the newest.
UPGRADE ?=
COMPILE = $(BIN)/uv pip compile --quiet --config-file locks/uv.toml --constraint locks/torch.txt \
	--custom-compile-command 'make lock' --generate-hashes --only-binary :all: --no-emit-package torch
EVERYWHERE = $(COMPILE) $(UPGRADE) --universal --python-version 3.11
lock: .venv/installed
	$(EVERYWHERE) --extra dev pyproject.toml --output-file locks/dev.txt
	$(EVERYWHERE) --constraint locks/dev.txt pyproject.toml --output-file locks/demo.txt
	$(EVERYWHERE) --constraint locks/dev.txt --extra corpora pyproject.toml --output-file locks/corpora.txt
	$(EVERYWHERE) --constraint locks/dev.txt --group build --output-file locks/build.txt
	$(EVERYWHERE) --group linker --output-file locks/linker.txt
	$(COMPILE) --upgrade --python-version 3.11 --resolution lowest-direct --extra test \
		pyproject.toml --output-file locks/lowest.txt

format: .venv/installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

golden: .venv/installed .venv/kernels
	$(BIN)/pytest -m golden --regen-golden

# KERNELS=checked looks for reads and writes outside of arrays too; it takes much longer.
INPUTS ?= 1000
SEED ?= 0
KERNELS ?= built
fuzz: .venv/installed .venv/kernels
	CHIPGEN_KERNELS=$(KERNELS) $(BIN)/python -m tests.fuzz --inputs $(INPUTS) --seed $(SEED)

# Kills every command at up to POINTS of its operations on files; needs Linux and a C compiler.
POINTS ?= 150
crash: .venv/installed .venv/kernels
	$(BIN)/python -m tests.crash --points $(POINTS)

# The share of small changes of a module (MODULES="meter loops", all if none) that tests notice.
MODULES ?=
MOST ?= 40
mutation: .venv/installed .venv/kernels
	$(BIN)/python -m tests.mutation $(MODULES) --most $(MOST) --seed $(SEED)

docs: .venv/installed
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

bench: .venv/installed .venv/kernels
	$(BIN)/python -m benchmarks

# What the shipped weights were made from: NES-MDB, POP909 as its repository has it, and music21's
# corpus. CORPORA are further folders that `chipgen dataset import` made. Songs are imported and
# prepared once, and a run that was stopped is gone on with.
train: .venv/corpora
	@test -n "$(DATA)" -a -n "$(POP909)" || { echo "make train needs DATA=path/to/nesmdb_midi (a folder with train/ and valid/) and POP909=path/to/POP909-Dataset/POP909" >&2; exit 2; }
	$(BIN)/chipgen dataset import pop909 --source "$(POP909)" -o "$(RUNS)/pop909"
	$(BIN)/chipgen dataset import music21 -o "$(RUNS)/music21"
	for model in tonnetz-lstm row-transformer; do \
		run="$(RUNS)/$$model"; resume=; test ! -d "$$run" || resume=--resume; \
		also=; test $$model = tonnetz-lstm || \
			also="--also $(RUNS)/pop909 --also $(RUNS)/music21 $(CORPORA:%=--also %)"; \
		$(BIN)/chipgen train $$model --data "$(DATA)" $$also --cache "$(RUNS)/data" -o "$$run" $$resume || exit; \
	done

wheel: .venv/installed
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean:
	rm -rf .venv build dist out.wav rendered synth/kernels/built
