# What people type. The work is in scripts/; every target may be called again and again.

.PHONY: help build up down install uninstall deb test test-vm sanitize bench replay format completions clean
.DEFAULT_GOAL := help

help:
	@echo 'make up SHARE=/mnt/nas VIEW=~/nas [OPTIONS=disk=20G,…]   mount a fast view of a slow directory'
	@echo 'make up                 a demonstration: a slow share made on the spot, and its view'
	@echo 'make down [VIEW=~/nas]  undo it'
	@echo 'make build              release build in .build/release, needs no Swift to run'
	@echo 'sudo make install       what was built, its manual, units and completions, below PREFIX=/usr/local;'
	@echo '                        sudo make uninstall takes it away again'
	@echo 'make deb                a Debian package, .build/larder_*.deb'
	@echo 'make test               everything that must pass'
	@echo 'make test-vm [SCENARIO=nfs-remove] [RELEASE=13]'
	@echo '                        what people do with a NAS, tried in two virtual machines: an hour emulated'
	@echo 'make sanitize           threads and memory under the sanitizers: half an hour'
	@echo 'make bench              the figures of the README, on this machine'
	@echo 'make replay TRACES=dir  recorded reads: how readahead and eviction do beside other methods'
	@echo 'make completions        the completions of bash, fish and zsh, from the command table'
	@echo 'make format, make clean'

build:
	@scripts/build

up:
	@SHARE='$(subst ','\'',$(SHARE))' VIEW='$(subst ','\'',$(VIEW))' \
	    OPTIONS='$(subst ','\'',$(OPTIONS))' scripts/up

down:
	@VIEW='$(subst ','\'',$(VIEW))' scripts/down

install uninstall:
	@PREFIX='$(subst ','\'',$(PREFIX))' DESTDIR='$(subst ','\'',$(DESTDIR))' scripts/install $@

deb:
	@scripts/deb

test:
	@scripts/test

test-vm:
	@SCENARIO='$(subst ','\'',$(SCENARIO))' RELEASE='$(RELEASE)' scripts/test-vm

sanitize:
	@scripts/sanitize

bench:
	@scripts/build larder slowshare disk-tier-bench
	@scripts/install-packages bench
	@Benchmarks/run $(BENCH)

replay:
	@TRACES='$(subst ','\'',$(TRACES))' scripts/replay $(REPLAY)

format:
	swift format --in-place --parallel --recursive Sources Tests Package.swift

completions:
	LARDER_WRITE_COMPLETIONS=1 swift test --filter CompletionTests

clean:
	rm -rf .build
