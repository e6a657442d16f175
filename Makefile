# `make demo` shows what tsmount does; `make test` checks all of it. Both fetch
# what they need themselves (see .ci/prepare).

GO     ?= go
VENV   := .venv
BIN    := bin/tsmount
SHARED ?= ../shared
FUZZTIME ?= 20s

.PHONY: build demo test lint accept bench soak fuzz clean

build:
	CGO_ENABLED=0 $(GO) build -trimpath -o $(BIN) ./cmd/tsmount

# Mounts a small volume in a temporary folder, walks through it, unmounts it.
demo: build
	.ci/prepare fuse
	.ci/demo $(BIN) $(VENV)/bin/python

# Everything that can be checked here; .ci/run calls this too.
test: build
	.ci/prepare fuse python
	.ci/test

# The rules of the house: floors, errnos, comments, sizes, form.
lint:
	test -z "$$(gofmt -l -s . | tee /dev/stderr)"
	$(GO) vet ./...
	$(GO) test ./internal/lint

# The black-box acceptance tool beside this repository, if it is there.
accept: build
	.ci/prepare fuse python
	.ci/accept $(BIN) $(SHARED)

bench: build
	.ci/prepare fuse python bench
	$(GO) test -run '^$$' -bench . -benchtime 0.5s ./...
	@if [ -f $(SHARED)/bench/bench.py ]; then $(VENV)/bin/python $(SHARED)/bench/bench.py --binary $(BIN) --only 'W[1-6]*:zarr2-*,W7*,W8:zarr2-*'; fi

# The tests of writing that find more in more time: about half an hour.
soak: build
	.ci/prepare fuse python
	TSMOUNT_LONG=1 TSMOUNT_BINARY="$$PWD/$(BIN)" $(GO) test -timeout 90m -count=1 -v -run 'WriteModel|Fsx|Crashes|NeverGoBack|ChunksAreStored|RandomArrays|RandomViews' ./integration

# Each fuzz target for FUZZTIME.
fuzz:
	.ci/fuzz $(FUZZTIME)

clean:
	rm -rf bin $(VENV)
