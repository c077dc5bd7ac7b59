"""What can be wrong with what the configuration says of this machine."""

from __future__ import annotations

from outcrop.base.errors import InputError


class ExternalError(InputError):
    """A configured external is gone, or is not what its entry says."""

    code = "bad-external"
