# book: environment, execution, published book. test: the whole suite. lab: the notebooks in
# JupyterLab. golden: renew the pinned results. bench: what is said of speed, measured. soak: the
# long tests. ARGS reaches the tool: make lab ARGS=--no-browser, make test ARGS=tests/physics.
PYTHON ?= python3
BIN := .venv/bin
# wheels alone: nothing of another project runs while it is installed
UV_INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --no-deps --only-binary :all:
# a process a core and one more, with one thread each; one that is done takes over from another
PYTEST := OPENBLAS_NUM_THREADS=1 $(BIN)/pytest -n auto --dist worksteal

.PHONY: book test soak golden mutants lab bench clean

book: .venv/installed
	$(BIN)/traincost build $(ARGS)

# types beside the tests, for they take one core alone; what is wrong with them is said at the
# end too
test: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy & types=$$!; $(PYTEST) $(ARGS); tests=$$?; { wait $$types || $(BIN)/mypy; } && exit $$tests

soak: .venv/installed
	$(PYTEST) -m soak $(ARGS)
	HOSTILE_TIMES=30 $(PYTEST) tests/test_hostile.py

# The published results, pinned: renew them, and read in the diff what moved.
golden: .venv/installed
	$(BIN)/python -m tests.golden

# Small faults put into what computes: how many of them the tests notice (hours on two
# cores; ARGS=--named takes those that a reader put in by hand).
mutants: .venv/installed
	$(BIN)/python -m tests.mutants $(ARGS)

lab: .venv/installed
	$(BIN)/jupyter lab notebooks $(ARGS)

bench: .venv/installed
	$(UV_INSTALL) --requirement benchmarks/requirements.lock
	$(BIN)/python -m benchmarks

# uv comes from the lock by pip, the rest of the lock by uv, and the package itself without asking for more.
.venv/installed: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; say make PYTHON=python3.12, for example")'
	$(PYTHON) -m venv .venv
	awk '/^uv==/ {found = 1} found {print} found && !/\\$$/ {exit}' requirements.lock > .venv/uv.lock
	$(BIN)/python -m pip install --quiet --require-hashes --only-binary :all: --requirement .venv/uv.lock
	$(UV_INSTALL) --compile-bytecode --requirement requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q analysis
	touch $@

clean:
	rm -rf .venv book/_build
