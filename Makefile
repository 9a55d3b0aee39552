# make demo   the main job on samples/, from packet to phone; prints what happened to each child
# make run    everything up, until Ctrl-C
# make test   the whole suite; the pages in a browser only where a Chromium is found
# make test-browser   the pages in a browser; brings a Chromium where there is none
# make screenshots   the pictures of the console in docs/pictures, from the demo's data
# Everything else is in .venv/bin/kinline.

.PHONY: demo run test test-browser screenshots lint setup clean
.NOTPARALLEL:
.DEFAULT_GOAL := demo

# Settings of another project of the user's, in the terminal that make was called from, are not for us.
unexport PYTHONPATH PYTHONHOME PYTHONSTARTUP PYTHONWARNINGS VIRTUAL_ENV PYTEST_ADDOPTS PYTEST_PLUGINS
unexport $(filter PREFECT_%,$(.VARIABLES))

demo:
	@sh .ci/setup run
	@exec .venv/bin/kinline demo

run:
	@sh .ci/setup run
	@exec .venv/bin/kinline up

lint:
	@sh .ci/setup dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

test: lint
	.venv/bin/pytest tests/ -n 2 --dist loadfile --no-loadscope-reorder

test-browser:
	@sh .ci/setup dev
	@sh .ci/chromium
	.venv/bin/pytest tests/browser

screenshots:
	@sh .ci/setup dev
	@sh .ci/chromium
	.venv/bin/python docs/pictures/take.py

setup:
	@sh .ci/setup dev

# Leaves .kinline alone: that folder holds data.
clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
