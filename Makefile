PREFIX ?= /usr/local
bindir = $(DESTDIR)$(PREFIX)/bin
mandir = $(DESTDIR)$(PREFIX)/share/man/man1
share = $(DESTDIR)$(PREFIX)/share
CARGO ?= cargo

.PHONY: bin/psgo test bench install docs clean

# cargo knows what has changed, so it is always asked.
bin/psgo:
	$(CARGO) build --release --package psgo-cli --target-dir target
	mkdir -p bin
	cp target/release/psgo $@

test:
	tests/run

bench:
	benches/run

# Without the build as a prerequisite: `make && sudo make install` needs no cargo for root.
install:
	@test -x bin/psgo || { echo 'run make first' >&2; exit 1; }
	install -D -m 755 bin/psgo $(bindir)/psgo
	install -D -m 644 docs/psgo.1 $(mandir)/psgo.1
	install -D -m 644 src/drift/builtin.toml $(share)/psgo/drift.toml
	install -D -m 644 docs/drift-examples.toml $(share)/psgo/drift-examples.toml
	install -d $(share)/bash-completion/completions $(share)/zsh/site-functions $(share)/fish/vendor_completions.d
	bin/psgo completions bash >$(share)/bash-completion/completions/psgo
	bin/psgo completions zsh >$(share)/zsh/site-functions/_psgo
	bin/psgo completions fish >$(share)/fish/vendor_completions.d/psgo.fish

docs:
	$(CARGO) doc --workspace --no-deps --all-features

clean:
	$(CARGO) clean
	rm -rf bin
