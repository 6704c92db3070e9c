# The front door. Each target installs what it needs (Debian packages, sudo where not root), builds it and runs it.
#
#   make               build/wsprobe
#   make demo          shows it at work: a healthy deployment, then a broken one
#   make test          builds and runs every test, those against real Caddy and uvicorn included
#   make lab           every deployment of the lab, the figures, and again without each product's signatures
#   make strangers     proxies and backends that no rule was written for: what is told of them
#   make hostile       431 hostile behaviours: told by their names, at little cost; healthy scenarios beside them
#   make torture       every call of the C library failing once in turn, in fourteen scenarios
#   make conformance   the WebSocket session against every case of a fuzzing server, in full
#   make soak          the daemon with 2,000 mixed scenarios for half an hour: it does not grow
#   make netem         round trips of 100 ms: what a diagnosis costs; phases against delays that are put in (root)
#   make schemas       dashboards and manifests against the schemas that Grafana and Kubernetes publish (by npm)
#   make check         the quick rules: formatting, layering
#   make lint          the same, and clang-tidy
#   make check-headers compiles every header alone
#   make asan          every test under AddressSanitizer and UndefinedBehaviorSanitizer
#   make tsan          the daemon and the engine under ThreadSanitizer
#   make fuzz          every fuzz target for FUZZ_SECONDS=60
#   make bench         the measurements
#   make package       build/package/wsprobe_*.deb
#   make try-package   that package in a bare Debian: lintian, installed, run, removed, purged (root: debootstrap)
#   make format        formats the sources
#   make clean         removes every build directory
#
# JOBS=2 limits the parallelism; INSTALL=no installs nothing; TESTS=regex selects tests; CI=true makes warnings errors.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build
.PHONY: build demo package try-package test lab strangers hostile torture conformance soak netem schemas check lint check-headers asan tsan fuzz bench format clean help

JOBS ?= $(shell nproc)
INSTALL ?= yes
TESTS ?= .
FUZZ_SECONDS ?= 60
SOAK_SECONDS ?= 1800

werror := $(if $(CI),-DWSPROBE_WERROR=ON)
install = $(if $(filter yes,$(INSTALL)),scripts/install-deps.sh $(1))
# configure,PRESET,DIRECTORY,OPTIONS: afresh where the directory was made by another generator or for another checkout.
configure = scripts/configure.sh $(1) $(2) $(werror) $(3)
ctest = ctest --output-on-failure --no-tests=error -j$(JOBS) -R '$(TESTS)'

build:
	@$(call install,--build)
	@$(call configure,release,build,-DWSPROBE_BUILD_TESTS=OFF)
	@cmake --build build -j$(JOBS) --target wsprobe

demo: build
	@scripts/demo.sh build/wsprobe

package: build
	@cmake --build build -j$(JOBS) --target wsprobe_documentation
	@cpack --config build/CPackConfig.cmake -B build/package

try-package: package
	@$(call install,--package)
	@mkdir -p build/debian
	@$(if $(filter 0,$(shell id -u)),,sudo) scripts/try_package.sh build/package build/debian

test:
	@$(call install,--test)
	@$(call configure,release,build,-DWSPROBE_BUILD_TESTS=ON)
	@cmake --build build -j$(JOBS)
	@$(ctest) --test-dir build

lab: build
	@$(call install,--test)
	@scripts/lab.sh build/wsprobe build/lab

strangers: build
	@$(call install,--strangers)
	@WSPROBE_BINARY=$(CURDIR)/build/wsprobe /usr/bin/python3 -m pytest -q --tb=short -p no:cacheprovider tests/lab/holdout

hostile:
	@$(call install,--test)
	@$(call configure,release,build,-DWSPROBE_BUILD_TESTS=ON)
	@cmake --build build -j$(JOBS) --target wsprobe exchange_client test_preload
	@WSPROBE_HOSTILE=long WSPROBE_BINARY=$(CURDIR)/build/wsprobe WSPROBE_TEST_PRELOAD=$(CURDIR)/build/tests/support/libtest_preload.so \
	  WSPROBE_EXCHANGE_CLIENT=$(CURDIR)/build/tests/tools/exchange_client \
	  /usr/bin/python3 -m pytest -q -s --tb=short -p no:cacheprovider tests/hostile

torture:
	@$(call install,--test)
	@$(call configure,release,build,-DWSPROBE_BUILD_TESTS=ON)
	@cmake --build build -j$(JOBS) --target wsprobe fault_injector test_preload
	@WSPROBE_TORTURE=all WSPROBE_BINARY=$(CURDIR)/build/wsprobe \
	  WSPROBE_FAULT_INJECTOR=$(CURDIR)/build/tests/torture/libfault_injector.so \
	  WSPROBE_TEST_PRELOAD=$(CURDIR)/build/tests/support/libtest_preload.so \
	  /usr/bin/python3 -m pytest -q -s --tb=short -p no:cacheprovider tests/torture

conformance:
	@$(call install,--test)
	@$(call configure,release,build,-DWSPROBE_BUILD_TESTS=ON)
	@cmake --build build -j$(JOBS) --target ws_conformance_client
	@WSPROBE_CONFORMANCE=all WSPROBE_CONFORMANCE_CLIENT=$(CURDIR)/build/tests/tools/ws_conformance_client \
	  /usr/bin/python3 -m pytest -q --tb=short -p no:cacheprovider tests/conformance

soak:
	@$(call install,--test)
	@$(call configure,release,build,-DWSPROBE_BUILD_TESTS=ON -DWSPROBE_BUILD_BENCH=ON)
	@cmake --build build -j$(JOBS) --target wsprobe test_preload bench_server
	@WSPROBE_SOAK_SECONDS=$(SOAK_SECONDS) WSPROBE_BINARY=$(CURDIR)/build/wsprobe \
	  WSPROBE_BENCH_SERVER=$(CURDIR)/build/tests/bench/bench_server \
	  WSPROBE_TEST_PRELOAD=$(CURDIR)/build/tests/support/libtest_preload.so \
	  /usr/bin/python3 -m pytest -q -s --tb=short -p no:cacheprovider tests/soak

netem:
	@$(call install,--test)
	@$(call configure,release,build,-DWSPROBE_BUILD_TESTS=ON)
	@cmake --build build -j$(JOBS) --target wsprobe test_preload
	@$(if $(filter 0,$(shell id -u)),,sudo) env WSPROBE_BINARY=$(CURDIR)/build/wsprobe \
	  WSPROBE_TEST_PRELOAD=$(CURDIR)/build/tests/support/libtest_preload.so \
	  /usr/bin/python3 -m pytest -q -s -p no:cacheprovider tests/netem

schemas:
	@$(call install,--schemas)
	@WSPROBE_BUILD=$(CURDIR)/build /usr/bin/python3 -m pytest -q --tb=short -p no:cacheprovider tests/schemas

check:
	@$(call install,--test)
	@scripts/check_format.sh
	@scripts/check_layering.py

lint: check
	@$(call configure,tidy,build-tidy)
	@scripts/tidy.sh build-tidy $(JOBS)

check-headers:
	@$(call install,--test)
	@$(call configure,release,build,-DWSPROBE_BUILD_TESTS=ON)
	@cmake --build build -j$(JOBS) --target all_verify_interface_header_sets

asan:
	@$(call install,--test)
	@$(call configure,asan,build-asan)
	@cmake --build build-asan -j$(JOBS)
	@$(ctest) --test-dir build-asan

# Where there are threads: the daemon and what it is made of.
tsan: TESTS = unit_(app|engine|monitor|web)|integration_(engine|web)|cli.(durability|exporters|scaling|serve|signals|status_page)
tsan:
	@$(call install,--test)
	@$(call configure,tsan,build-tsan)
	@cmake --build build-tsan -j$(JOBS)
	@$(ctest) --test-dir build-tsan

fuzz:
	@$(call install,--test)
	@$(call configure,fuzz,build-fuzz)
	@cmake --build build-fuzz -j$(JOBS) --target fuzzers
	@scripts/fuzz.sh build-fuzz $(FUZZ_SECONDS)

bench:
	@$(call install,--bench)
	@$(call configure,bench,build-bench)
	@cmake --build build-bench -j$(JOBS) --target bench

format:
	@$(call install,--test)
	@scripts/check_format.sh --fix

clean:
	rm -rf build build-debug build-ci build-asan build-tsan build-tidy build-fuzz build-bench

help:
	@sed -n '/^#   /s/^#   //p' Makefile
