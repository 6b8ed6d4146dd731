.DEFAULT_GOAL := help
.PHONY: help run test clients check bench

help: ## Show what can be made
	@sed -n 's/^\([a-z]*\): ## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

run: ## Install what is missing, build, and start the portal with demo data on http://127.0.0.1:8080
	@script/install-prerequisites run
	cargo run --locked -- serve --demo

test: ## Install what is missing and run every test, those in a browser included
	@script/install-prerequisites test
	cargo test --locked

clients: ## Only the tests with clients that are not ours: curl, a generated one, and a tester of the API (also in `make test`)
	@script/install-prerequisites test
	cargo test --locked --test portal -- api::foreign_clients

check: ## Format, clippy with warnings denied, schema.rs equal to the migrations, no stale snapshots
	@script/install-prerequisites check
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	script/check-schema
	script/check-snapshots

bench: ## Measure pages, the API, import and export, as ratios to the least that could do the same
	@script/install-prerequisites run
	cargo bench --locked
