# make demo   build, and run the example company on the embedded default
# make test   install what the tests need, run them all
SHELL := /bin/bash
GO    ?= go
BIN   := bin/touchstone
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)

GOFUMPT       := mvdan.cc/gofumpt@v0.12.0
GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

.PHONY: build demo test test-long check fmt lint bench fuzz clean

build:
	@mkdir -p bin
	$(GO) build -trimpath -ldflags "-X main.version=$(VERSION)" -o $(BIN) ./cmd/touchstone

demo: build
	@$(BIN) demo

test:
	@tests/setup/install.sh
	@tests/setup/run.sh

# journeys that take minutes: kills at random points, frozen processes, loops of systems
test-long:
	TOUCHSTONE_LONG=1 $(GO) test -tags long -count=1 -timeout 60m ./tests/... ./hub

fuzz:
	@tests/setup/fuzz.sh

check: lint
	$(GO) vet ./...
	@test -z "$$($(GO) run $(GOFUMPT) -l $$(git ls-files '*.go'))" || { echo "run 'make fmt'"; exit 1; }

lint:
	$(GO) run $(GOLANGCI_LINT) run ./...

fmt:
	$(GO) run $(GOFUMPT) -w $$(git ls-files '*.go')

bench:
	@tests/bench/run.sh

clean:
	rm -rf bin
