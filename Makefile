.PHONY: test ci nightly fmt
test: ## everything that a plain machine can test
	go test work
ci: ## what decides whether a change lands
	.ci/run
nightly: ## what takes too long for every change
	.ci/nightly
fmt:
	gofmt -w .
