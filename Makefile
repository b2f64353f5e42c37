# make demo    render the example seed to out.wav; installs what that needs
# make test    lint, types, import contract and the whole test suite; installs the rest
# make kernels compile what runs as machine code, if its source has changed
# make bench   the figures of the README and docs, side by side with named peers (minutes)
# make train   NES-MDB to both models' weights and reports (hours; set DATA=path/to/nesmdb_midi)

PYTHON ?= python3
DATA ?=
RUNS ?= build/train
BIN := .venv/bin

.PHONY: demo kernels test lint format bench train golden wheel clean

.venv/demo: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing chipgen and what it needs into .venv"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	touch $@

.venv/installed: .venv/demo
	@echo "installing all extras and the tests' tools; PyTorch is large, this takes minutes"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

# The installation has compiled the kernels; after a change of their code they are compiled again.
.venv/kernels: .venv/demo $(shell find synth chipgen -name '*.py')
	$(BIN)/python -m synth.kernels.build || $(BIN)/python -m pip install --quiet --no-deps --editable .
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

format: .venv/installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

golden: .venv/installed .venv/kernels
	$(BIN)/pytest -m golden --regen-golden

bench: .venv/installed .venv/kernels
	$(BIN)/python -m benchmarks

# Songs are prepared once, and a run that was stopped is gone on with.
train: .venv/installed
	@test -n "$(DATA)" || { echo "make train needs DATA=path/to/nesmdb_midi (a folder with train/ and valid/)" >&2; exit 2; }
	for model in tonnetz-lstm row-transformer; do \
		run="$(RUNS)/$$model"; resume=; test ! -d "$$run" || resume=--resume; \
		$(BIN)/chipgen train $$model --data "$(DATA)" --cache "$(RUNS)/data" -o "$$run" $$resume || exit; \
	done

wheel: .venv/installed
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean:
	rm -rf .venv build dist out.wav rendered synth/kernels/built
