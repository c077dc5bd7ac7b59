"""Random tests look at the same examples every time, so that a change that passed passes again. With
`OUTCROP_TEST_EXAMPLES` set, as `make test-all` does, they look at others in every run, and those of the solver at that
many.
"""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("outcrop", derandomize="OUTCROP_TEST_EXAMPLES" not in os.environ)
settings.load_profile("outcrop")
