"""Run this bundle on Loihi 2, or with --sim in Lava's simulation; README.md says more."""

import runpy

if __name__ == "__main__":
    runpy.run_module("runner", run_name="__main__")
