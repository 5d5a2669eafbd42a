# Everything runs project-local, under .toban/ and target/: no root, no Docker, no AWS account.
PYTHON ?= python3
VENV := .toban/venv
LOCAL := PYTHONPATH=infra/local $(VENV)/bin/python -m toban_local

.PHONY: help up down status logs test prove bench check venv

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

up: venv ## set up, build, start and prove everything on this machine
	@$(LOCAL) up

down: venv ## stop what `make up` started; the data stays
	@$(LOCAL) down

status: venv ## what runs
	@$(LOCAL) status

logs: venv ## last lines of all logs; OF=ingest-metrics shows all of one
	@$(LOCAL) logs $(OF)

test: venv ## all tests, on a stack of their own (may run beside `make up`)
	@$(LOCAL) test

prove: venv ## the same at full counts, and the long ones
	@$(LOCAL) test --prove

bench: venv ## what a unit of work costs, and the crates' benchmarks
	@$(LOCAL) bench

check: ## formatting, lints, docs, licences, template, dependency rules
	@infra/check.sh

venv:
	@PYTHON="$(PYTHON)" infra/local/venv.sh $(VENV)
