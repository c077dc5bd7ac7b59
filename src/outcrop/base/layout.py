"""How a virtual environment lays out what is installed into it, as plain data for all who make, record or use one."""

from __future__ import annotations

import msgspec


class VenvFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Of a python-venv node (and of nobody else): how its interpreter lays out packages.

    ``purelib``/``platlib``/``scripts``/``include`` are relative to any prefix (``lib/python3.11/site-packages``).
    ``base_executable`` is the base Python's program with no link followed past its own prefix; ``version`` is
    ``3.11.2``. ``lib64`` is true where the venv has ``lib64 -> lib``.
    """

    base_prefix: str
    base_executable: str
    version: str
    purelib: str
    platlib: str
    scripts: str = "bin"
    include: str = "include"
    lib64: bool = False
    system_site_packages: bool = False
