# Every target does its own set-up: Python >= 3.11, make and the package registries are enough.
PYTHON ?= python3
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
RUN := $(UV) run --frozen --quiet
export UV_PYTHON_DOWNLOADS := never
export UV_PYTHON_PREFERENCE := only-system

.PHONY: setup test demo check fix simulate fuzz conformance bench docs clean

setup: .venv/.ready

.tools/bin/uv:
	$(PYTHON) -m venv .tools
	.tools/bin/python -m pip install --quiet uv

.venv/.ready: pyproject.toml uv.lock | $(filter .tools/bin/uv,$(UV))
	$(UV) sync --frozen --quiet --python $(PYTHON)
	@touch $@

test: setup  ## every test but the long simulations, on every core; ends with a counted line
	$(RUN) pytest -n auto --maxprocesses 4 --dist loadscope

demo: setup  ## make demo [N=200] [SEED=1] [KEEP=1]
	@$(RUN) python examples/telecom/demo.py

check: setup  ## lint, types, import contracts, tidy tests
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) mypy
	$(RUN) lint-imports
	$(RUN) pytest -q tests/tidy

fix: setup
	$(RUN) ruff format .
	$(RUN) ruff check --fix .

simulate: setup  ## kills and power losses at many seeded moments; the demo's way with all of it killed
	$(RUN) python -m tests.simulation

fuzz: setup  ## make fuzz [SEED=1] [QUERIES=20000] [KIND=right|wild|text] [ONLY=number]
	@$(RUN) python -m tests.fuzz $(if $(SEED),--seed $(SEED)) $(if $(QUERIES),--queries $(QUERIES)) \
		$(if $(KIND),--kind $(KIND)) $(if $(ONLY),--only $(ONLY))

conformance: setup  ## make conformance ORG=<url> TOKEN=<session>; the token goes by the environment, unseen
	@$(RUN) python -m tests.conformance --org "$(ORG)"

bench: setup  ## make bench [ONLY=name] [SIZE=full]
	$(RUN) python -m bench $(if $(ONLY),--only $(ONLY)) $(if $(SIZE),--size $(SIZE))

docs: setup  ## writes the generated pages of docs/reference
	$(RUN) python -m tests.tidy.reference

clean:
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .import_linter_cache dist build
