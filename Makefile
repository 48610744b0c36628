# `make` alone lists every target.
.DEFAULT_GOAL := help
.PHONY: help setup setup-models run stop upgrade chat check check-format check-types check-tests format test test-models bench bench-update bench-config bench-edge bench-limits bench-cluster chaos bench-attacks bench-queue bench-memory bench-models bench-gate bench-claims bench-plan figures load models clean

PYTHON ?= python3
export PYTHON EXTRAS
BIN := .venv/bin
# Side by side; who shares a server shares a worker (tests/sides.py). Each worker reads all tests: compiled once, and kept. Threads
# of their own would make numpy and torch slower: there are workers enough.
pytest := env -u PYTHONDONTWRITEBYTECODE OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest --dist loadgroup --no-loadscope-reorder
setup = @gateway/setup.sh

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what is missing: system packages, .venv and .venv-triton (EXTRAS="plan tracing" for what only some need)
	$(setup) run

run: ## start everything (installs what is missing) and stay until Ctrl-C (REDIS=cluster: on a small cluster of its own)
	$(setup) run
	@exec $(if $(REDIS),env SLUICE_REDIS=$(REDIS)) $(BIN)/python -m gateway.launcher

upgrade: ## replace the running nginx: a new binary, a changed nginx.conf, a renewed certificate; no request fails
	@exec $(BIN)/python -m gateway.launcher upgrade

stop: ## drain and stop what `make run` started
	@[ ! -x $(BIN)/sluice ] || exec $(BIN)/python -m gateway.launcher stop

chat: ## talk to the running shop in the terminal (TENANT=telecom for another tenant)
	@exec $(BIN)/sluice chat --tenant $(or $(TENANT),shop)

format: ## rewrite the code in the one format
	$(setup) dev
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

check: ## format, lint, types and the fast tests, in seconds
	$(setup) dev
	@$(MAKE) --no-print-directory --jobs --output-sync check-format check-types check-tests

check-format:
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

check-types:
	@$(BIN)/mypy

check-tests:
	@$(pytest) -n 2 -m "not real and not long"

test: ## all tests, with real nginx, Redis, Triton and Chromium on free ports
	$(setup) dev
	@$(pytest) -n 4 -m "not quiet"  # more than cores: they mostly wait
	@$(pytest) -m quiet

test-models: ## the tests of the training pipeline (needs torch)
	$(setup) models
	@$(BIN)/python -m pytest tests/models/pipeline

bench: ## measure: hot path, Triton path, the mix, and a plain service beside it (results in loadtest/results)
	$(setup) dev
	@$(BIN)/python -m loadtest.bench

bench-update: ## measure: does anybody notice 20 updates of the model under a steady load?
	$(setup) dev
	@$(BIN)/python -m loadtest.bench.update

bench-config: ## measure: does anybody notice 100 changes of the configuration under a steady load?
	$(setup) dev
	@$(BIN)/python -m loadtest.bench.update config

bench-edge: ## measure: what each part of the edge costs, beside an empty handler and nginx's own limit_req
	$(setup) dev
	@$(BIN)/python -m loadtest.bench.edge

bench-limits: ## measure: four nginx on one Redis, uneven demand, Redis lost: is the limit kept, and what does it cost?
	$(setup) dev
	@$(BIN)/python -m loadtest.bench.limits

bench-cluster: ## measure: Redis Cluster beside a single Redis; slots that move and masters that die, with and without WAIT
	$(setup) dev
	@$(BIN)/python -m loadtest.bench.cluster

chaos: ## a fleet in network namespaces; something dies, hangs or is cut off in each round (ROUNDS=200 SEED= WAIT=0; root)
	$(setup) dev
	@$(BIN)/python -m loadtest.chaos $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SEED),--seed $(SEED)) $(if $(WAIT),--wait $(WAIT))

bench-attacks: ## measure: do good customers notice bad tokens, floods, slow bodies, from elsewhere or from their own address?
	$(setup) dev
	@$(BIN)/python -m loadtest.bench.attacks

bench-queue: ## measure: what does the queue cost beside bare Redis Streams, and who takes over from a member that was killed?
	$(setup) dev
	@$(BIN)/python -m loadtest.bench.queue

setup-models: ## install what training needs (torch, about 200 MB on CPU)
	$(setup) models

bench-memory: ## measure: how much does the edge answer once it remembers what the student said? streams by Zipf's law
	$(setup) dev
	@$(BIN)/python -m loadtest.bench.memory

bench-models: ## measure: every stage of the models beside TF-IDF and fastText, on the public data sets (needs torch)
	$(setup) models
	@$(BIN)/python -m triton_models.bench
	@$(BIN)/python -m triton_models.bench --teacher use
	@$(BIN)/python -m loadtest.readme

bench-gate: ## is the hot path, or the mix, slower than it was? ratios to an empty handler in the same run; in CI
	$(setup) dev
	@$(BIN)/python -m loadtest.bench.regression

bench-claims: ## measure what is said of such systems (before/after, batching, compression, spike, soak ...): docs/claims.md; 45 minutes
	$(setup) dev
	@$(BIN)/python -m loadtest.claims

bench-plan: ## measure what a turn costs, for `sluice plan`, and over veth (root); predict this machine's knees, then measure them; 20 minutes
	$(setup) dev
	@$(BIN)/python -m loadtest.capacity measure
	-@$(BIN)/python -m loadtest.capacity apart
	@$(BIN)/python -m loadtest.capacity validate
	@$(BIN)/python -m loadtest.readme

load: ## conversations as load, judged by gates (SCENARIO=smoke|steady|steps|spike|soak|churn|restart RATE= SECONDS= WORKERS= URL= MODEL=)
	$(setup) dev
	@$(BIN)/python -m loadtest --scenario $(or $(SCENARIO),smoke) $(if $(RATE),--rate $(RATE)) $(if $(SECONDS),--seconds $(SECONDS)) \
		$(if $(WORKERS),--workers $(WORKERS)) $(if $(URL),--url $(URL)) $(if $(MODEL),--model $(MODEL))

figures: ## write README's table of figures anew from loadtest/results
	@$(BIN)/python -m loadtest.readme

models: ## train a version (the pretrained encoder tuned, router, ...) from triton_models/data and batches and place it as the next one
	$(setup) models
	@$(BIN)/python -m triton_models.build --teacher use

clean: ## remove what runs left behind (var/), not .venv
	@rm -rf var
