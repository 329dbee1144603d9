# What people and machines type; each target says what it needs.

.PHONY: test setup lint bench man demo

# Everything the tests need (apt packages), then all tests.
test: setup
	cargo test --locked

setup:
	sh tests/setup.sh

# What must be clean before a change is offered.
lint:
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --document-private-items

# Comparisons with keytool, openssl, mkcert and sslyze, in one run each.
bench:
	cargo build --release
	python3 benches/peers.py
	python3 benches/targets.py
	python3 benches/dev_certificates.py
	cargo bench --bench hostile

# The manual pages, from the definitions of the commands.
man:
	cargo run --quiet -- man --out man

# The main job on this machine alone: no network, no JDK.
demo:
	cargo run --quiet --release -- demo
