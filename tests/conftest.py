"""Hypothesis profiles: the same examples in every run, or others each time with HYPOTHESIS_PROFILE=vary (make soak)."""

import os

from hypothesis import settings

settings.register_profile("fixed", derandomize=True)
settings.register_profile("vary", print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))
