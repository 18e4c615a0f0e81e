# Seatrial. `make` alone lists the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := help
export CGO_ENABLED := 0

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
KUBERNETES := v1.36.3
STAMP := -X k8s.io/component-base/version.gitVersion=$(KUBERNETES) -X k8s.io/component-base/version.gitMajor=1 \
	-X k8s.io/component-base/version.gitMinor=36 -X k8s.io/component-base/version.gitTreeState=clean \
	-X k8s.io/client-go/pkg/version.gitVersion=$(KUBERNETES)
LDFLAGS := -s -w $(STAMP) -X github.com/seatrial/seatrial/harness/cli.Version=$(VERSION)
BLOBS := reference/runtime/blobs
IMAGE := seatrial/node:$(KUBERNETES)

# What a run needs: KUBECONFIG= judges that cluster, TAGS= selects behaviours,
# DRIVER= says how the throw-away cluster runs, REPORT= where the reports go.
# A KUBECONFIG of the environment is ignored: naming a cluster is deliberate.
RUN := $(if $(filter command line,$(origin KUBECONFIG)),--kubeconfig '$(KUBECONFIG)',$(if $(DRIVER),--driver $(DRIVER))) \
	$(if $(TAGS),--tags '$(TAGS)') $(if $(REPORT),--report '$(REPORT)') $(if $(PARALLEL),--parallel $(PARALLEL))

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z][a-z/%-]*:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 22

.PHONY: tools
tools: ## install what the build needs beyond Go, where that is possible
	@.ci/tools

.PHONY: blobs
blobs: tools
	@cd reference/tools && go run ./build -out ../runtime/blobs -root ../..
	@cd fixtures/images && go run ./compose -out ../../$(BLOBS)/images.tar

.PHONY: build
build: blobs ## build bin/seatrial and bin/seatrial-reference
	@go build -ldflags "$(LDFLAGS)" -o bin/seatrial ./harness
	@go build -ldflags "$(LDFLAGS)" -o bin/seatrial-reference ./reference

.PHONY: conformance
conformance: $(if $(filter docker,$(DRIVER)),image,build) ## run the specification [KUBECONFIG= TAGS= DRIVER= PARALLEL= REPORT=]
	@bin/seatrial run $(RUN)

.PHONY: browser
browser: ## install the browser that tests the reports, where that is possible
	@.ci/browser

.PHONY: test
test: blobs browser ## run the tests of the code, without a cluster
	@go vet ./...
	@go test ./...
	@cd fixtures/images && go vet ./... && go test ./...
	@cd fixtures/sonobuoy && go vet ./... && go test ./...
	@cd fixtures/published/extract && go vet ./... && go test -count=1 ./...
	@cd fixtures/formats && go vet ./... && go test -count=1 ./...
	@cd fixtures/browser && go vet ./... && go test -count=1 ./...

.PHONY: lint
lint: ## run the linters, pinned in harness/tools
	@go tool -modfile=harness/tools/go.mod golangci-lint run ./...

.PHONY: check
check: test conformance ## what CI runs

.PHONY: cluster
cluster: build ## start a reference cluster on this host [NAME=]
	@bin/seatrial up $(if $(NAME),--name $(NAME))

.PHONY: cluster-docker
cluster-docker: image ## start a reference cluster in Docker [NAME=]
	@bin/seatrial up --driver docker $(if $(NAME),--name $(NAME))

.PHONY: engine
engine:
	@docker version >/dev/null 2>&1 || { echo "make: no Docker engine answers; start it or set DOCKER_HOST" >&2; exit 1; }

.PHONY: image
image: engine build ## build the node image for the docker driver
	@tar -cC bin seatrial-reference -C .. Dockerfile | docker build --quiet --tag $(IMAGE) -

.PHONY: image-kit
image-kit: engine build ## build the image of the kit, for the Sonobuoy plugin
	@tar -cC bin seatrial -C ../harness Dockerfile | docker build --quiet --tag seatrial/kit:$(VERSION) -

.PHONY: docs
docs: build ## build the specification as a web site in reports/docs
	@bin/seatrial docs --output reports/docs

.PHONY: bench
bench: build ## measure start, memory, CPU and pod start, then what bench-api does; medians of 5
	@go run ./harness/bench
	@$(MAKE) --no-print-directory bench-api

# PEER is a folder with the programs etcd and kube-apiserver, another build of
# seatrial-reference, or the kubeconfig of a cluster that runs; then PEER_PIDS
# are the processes whose CPU time counts, with commas between them.
# BENCH_REPORT is a Markdown file for the figures: reports/baseline/api-bench.md.
.PHONY: bench-api
bench-api: build ## measure the API server, side by side with a peer [PEER= PEER_PIDS= ROUNDS= BENCH_REPORT=]
	@go run ./fixtures/apibench $(if $(PEER),--peer '$(PEER)') $(if $(PEER_PIDS),--peer-pids '$(PEER_PIDS)') \
		$(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(BENCH_REPORT),--report '$(BENCH_REPORT)')

.PHONY: clean
clean: ## remove what was built
	@rm -rf bin reports/latest reports/runs
	@find $(BLOBS) -type f ! -name README.md -delete
