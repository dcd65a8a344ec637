"""Hypothesis profiles: fixed examples by default, fresh ones where HYPOTHESIS_PROFILE=vary (as in make soak)."""

import os

from hypothesis import settings

settings.register_profile("fixed", derandomize=True)
settings.register_profile("vary", max_examples=300, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))
