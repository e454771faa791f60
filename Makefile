# What people and CI run: .ci/run calls these targets, so that a step that fails there is repeated here by its name.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
TOOL := go tool -modfile=.ci/tools.mod
# Flags for `go test`: make test T='-count=1 -v'
T :=
# Flags for `make run` and `make bots`: make bots ARGS='--matches 500'
ARGS :=
# The size of a simulation: seeds, and steps a seed.
SEEDS := 200
STEPS := 5000
# Kills in the long crash test, rounds of each benchmark, and rounds of each bar.
KILLS := 500
# Where the load test writes its reports.
OUT := load
# Where the pictures of every page go.
SHOTS := shots
COUNT := 10
ROUNDS := 3

.PHONY: help
help: ## Lists the targets
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: ## Starts the server (ARGS='--help' lists its flags)
	go run ./cmd/server $(ARGS)

.PHONY: bots
bots: ## Plays against a running server, and measures it (ARGS='--help')
	go run ./cmd/bots $(ARGS)

.PHONY: load
load: ## Measures the gateway against its bars, and writes JSON and HTML into OUT (OUT=load)
	.ci/load $(OUT)

.PHONY: build
build: ## Compiles everything (but the workshop's seventeen programs, which their test links)
	go build $$(go list ./... | grep -v '/cmd/workshop/')

.PHONY: test
test: ## Runs all tests
	go test $(T) ./...

.PHONY: race
race: ## Runs the short tests under the race detector, but for the rules of games, which are functions alone
	go test -race -short $(T) $$(go list ./... | grep -vE '/game/(battleship|connect4|dungeon|gametest|rps|tictactoe)$$')

.PHONY: sim
sim: ## Simulates the kernel, and the whole engine, with faults (SEEDS=200 STEPS=5000)
	go test ./orchestrator/durable ./entities -count=1 -timeout=0 -run '^TestSimulation$$' -sim.seeds=$(SEEDS) -sim.steps=$(STEPS) $(T)

.PHONY: fuzz
fuzz: ## Runs every fuzz target for a while (FUZZTIME=5 seconds each, FUZZTOTAL=100 in all)
	.ci/fuzz

.PHONY: e2e
e2e: ## Plays in headless Chromium; fails where there is none
	EVERTURN_REQUIRE_BROWSER=1 go test ./... -count=1 -run '^TestBrowser' $(T)

.PHONY: shots
shots: ## Takes pictures of every page, in three sizes and two themes, into SHOTS (SHOTS=shots)
	EVERTURN_SHOTS=$(abspath $(SHOTS)) EVERTURN_SHOTS_ALL=1 go test ./cmd/server ./cmd/bots/internal/report -count=1 -run '^TestBrowser(Shots|PlugShots|Page)$$' $(T)

.PHONY: kill
kill: ## Kills the server again and again while bots play, and one of registers while clients call (KILLS=500)
	go test ./cmd/server -count=1 -timeout=0 -run '^TestKill' -v -kills=$(KILLS)
	go test ./entities -count=1 -timeout=0 -run '^TestLinearizable$$' -v -linear.kills=$(KILLS)

.PHONY: bench
bench: ## Measures the engine against its bars and limits (ROUNDS=3), and prints them as a table
	go test ./entities -run '^$$' -bench '^Benchmark(W[0-9]|Hot|Disk|Stall|Limit)' -benchtime=2s -benchmem -count=$(ROUNDS) -timeout=0 $(T) | go run .ci/bars.go

.PHONY: benchstat
benchstat: ## Runs all benchmarks (COUNT=10 rounds) into bench-new.txt and compares with bench-old.txt, if there is one
	go test ./... -run '^$$' -bench . -benchmem -count=$(COUNT) | tee bench-new.txt
	$(TOOL) benchstat $(wildcard bench-old.txt) bench-new.txt

.PHONY: lint
lint: ## Checks formatting, imports between floors, clocks and goroutines in turn code, and the usual
	go run .ci/goroutines.go game entities orchestrator
	$(TOOL) golangci-lint run --allow-parallel-runners ./...

.PHONY: vet
vet: ## Runs go vet, and the determinism analyzer (but on tests, which do what is forbidden to see it noticed)
	go vet ./...
	dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && \
		go build -o "$$dir/everturn-vet" ./cmd/everturn-vet && go vet -vettool="$$dir/everturn-vet" -determinism.tests=false ./...

.PHONY: fmt
fmt: ## Formats all Go files (gofumpt, imports in three groups)
	$(TOOL) golangci-lint fmt

.PHONY: hygiene
hygiene: ## Checks the top level, machine paths, the length of files
	.ci/hygiene

.PHONY: scripts
scripts: ## Checks that the browser's modules parse, and runs their tests in Node
	find static -name '*.js' -print | while read -r f; do node --input-type=module --check <"$$f" || { echo "$$f"; exit 1; }; done
	node --test --test-reporter=dot static/test/*.test.mjs

.PHONY: tidy
tidy: ## Brings go.mod and go.sum up to date
	go mod tidy

.PHONY: mod
mod: ## Checks that go.mod is tidy and that the modules are what go.sum says
	go mod tidy -diff
	go mod verify

.PHONY: cover
cover: ## Runs all tests with coverage into coverage.html
	go test ./... -coverpkg=./... -coverprofile=coverage.out
	go tool cover -func=coverage.out | tail -1 && go tool cover -html=coverage.out -o coverage.html

.PHONY: ci
ci: ## Runs all that continuous integration runs
	bash .ci/run
