.DEFAULT_GOAL := help
SHELL := /bin/bash

# Flags of the program that `make demo` and `make dev` run: make demo ARGS="--exit"
ARGS ?=
# More flags of go test: make test TESTFLAGS="-run BulkSync -v"
TESTFLAGS ?=
# How long each fuzz target runs in `make fuzz`, which `make test-long` calls.
FUZZTIME ?= 30s
# How many records of each entity `make test-long` makes up from BigCommerce's
# published files and maps.
RAPIDCHECKS ?= 3000
# How long faults happen in each of the two runs of the fault suite that `make
# test-long` does.
CHAOSMINUTES ?= 1.5

BIN := $(CURDIR)/bin
DEVSERVER := $(BIN)/devserver
GOTESTSUM := $(BIN)/gotestsum
TOOL := go tool -modfile=tools/go.mod

# Tests and cmd/dev start the Temporal server from here, as a child process.
export OBC_DEVSERVER := $(DEVSERVER)

.PHONY: help
help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo '  make demo ARGS="--exit --report report.json"   flags of bin/dev; see bin/dev --help'

.PHONY: demo
demo: dev-build ## Connect a simulated store, sync it whole, change it and see each change arrive
	$(BIN)/dev --demo $(ARGS)

.PHONY: dev
dev: dev-build ## Run Temporal with its Web UI, both simulators, the API and the worker
	$(BIN)/dev $(ARGS)

.PHONY: dev-build
dev-build: devserver
	@go build -o $(BIN)/dev ./cmd/dev

.PHONY: bench
bench: devserver ## Measure the product, each figure beside its baseline
	@go build -o $(BIN)/bench ./cmd/bench
	$(BIN)/bench $(ARGS)

# Go decides what is out of date; a build with nothing to do takes seconds.
.PHONY: devserver
devserver:
	@test -x $(DEVSERVER) || echo 'Building the Temporal server. The first build compiles it whole and takes several minutes (about 5 on two cores); later ones take seconds.'
	@cd devserver && go build -ldflags='-s -w' -o $(DEVSERVER) .

.PHONY: bin/devserver
bin/devserver: devserver

.PHONY: build
build: dev-build ## Build bin/ometria-bigcommerce, bin/dev and bin/devserver
	CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o $(BIN)/ometria-bigcommerce ./cmd/ometria-bigcommerce

# gotestsum passes on go test's closing line of each package, and ends with
# every skipped test and its reason.
.PHONY: gotestsum
gotestsum:
	@go build -modfile=tools/go.mod -o $(GOTESTSUM) gotest.tools/gotestsum

# npm_ci installs what a folder's package-lock.json names; where that cannot be,
# the tests that want it are skipped.
define npm_ci
	@cd $(1); \
	if ! command -v npm >/dev/null; then echo 'npm is not installed: the tests against $(2) will be skipped'; \
	elif [ package-lock.json -nt node_modules/.package-lock.json ]; then \
		npm ci --no-audit --no-fund --loglevel=error >/dev/null || echo 'npm ci failed: the tests against $(2) will be skipped'; \
	fi
endef

.PHONY: prism
prism: ## Install what mocks BigCommerce's API in tests, if npm is here
	$(call npm_ci,internal/contract/prism,Prism)

.PHONY: axe
axe: ## Install what the page's accessibility is tested with, if npm is here
	$(call npm_ci,e2e/browser/axe,axe-core)

# Both modules run even if the first fails. -count=1: e2e builds and starts
# programs that go test's cache does not know it depends on.
.PHONY: test
test: devserver gotestsum prism axe ## Run all tests of both modules; lists what was skipped and why
	@status=0; \
	$(GOTESTSUM) --format standard-quiet -- -count=1 -timeout 14m $(TESTFLAGS) ./... || status=1; \
	cd devserver && $(GOTESTSUM) --format standard-quiet -- -timeout 5m $(TESTFLAGS) ./... || status=1; \
	exit $$status

.PHONY: screenshots
screenshots: devserver ## Take the pictures of the page in docs/images, in Chromium
	go test -count=1 ./e2e/browser -run '^TestScreenshots$$' -screenshots $(CURDIR)/docs/images

# Where goroutines share state in memory; what is shared through the database has
# tests of its own. `make race` takes them all, which is a matter of an hour.
RACY := ./api ./pacing ./remote ./starter ./worker

.PHONY: test-long
test-long: devserver gotestsum chaos-build ## Run what is beyond make test: race detector, many made-up records, fuzz, faults
	$(GOTESTSUM) --format standard-quiet -- -race -timeout 30m $(TESTFLAGS) $(RACY)
	go test -count=1 -timeout 60m -run '^Test(Any|OrderOf)' ./mapping -rapid.checks $(RAPIDCHECKS)
	@$(MAKE) --no-print-directory fuzz
	$(BIN)/chaos --minutes $(CHAOSMINUTES) --slow yes --database sqlite
	$(BIN)/chaos --minutes $(CHAOSMINUTES) --slow yes --database postgres

.PHONY: race
race: devserver gotestsum ## Run all tests with the race detector
	$(GOTESTSUM) --format standard-quiet -- -race -timeout 90m $(TESTFLAGS) ./...

.PHONY: chaos
chaos: chaos-build ## Run the product among faults and kills, and look for what was lost
	$(BIN)/chaos $(ARGS)

.PHONY: chaos-build
chaos-build: devserver
	@go build -o $(BIN)/ ./cmd/chaos ./cmd/ometria-bigcommerce

# go test fuzzes one target a call. What a run finds stays in go's own cache;
# an input that fails is written to testdata/fuzz, to be kept.
.PHONY: fuzz
fuzz: ## Run each fuzz target for FUZZTIME
	@set -euo pipefail; \
	grep -rlE --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u | while read -r dir; do \
		for target in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$$dir"/*_test.go); do \
			echo "fuzz $$dir $$target for $(FUZZTIME)"; \
			(cd "$$dir" && go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) . </dev/null); \
		done; \
	done

# -count=1: what the rules read is not among what go test's cache watches.
.PHONY: lint
lint: ## Check format, vet, staticcheck, workflow determinism and import rules
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "gofmt these:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	cd devserver && go vet ./...
	$(TOOL) staticcheck ./...
	$(TOOL) workflowcheck ./workflows/...
	go test -count=1 ./internal/archtest
