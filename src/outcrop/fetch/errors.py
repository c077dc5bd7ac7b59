"""Errors of fetching and staging.

FetchError                  a file cannot be had
+-- OfflineError            it is not here, and the network must not be used
+-- ChecksumError           it is not the file that was asked for
UnpackError                 an archive is broken, or of no kind we know
+-- UnsafeArchiveError      it wants to write where it must not
StageError                  sources cannot be checked out, patched or put in place
"""

from __future__ import annotations

from outcrop.base.errors import RequestError


class FetchError(RequestError):
    """None of the places that may have a file gave it."""

    code = "fetch-failed"


class OfflineError(FetchError):
    """A file is neither in the cache nor in a local mirror, and the network must not be used."""

    code = "offline"


class ChecksumError(FetchError):
    """A file's checksum is not the expected one; the file has been removed again."""

    code = "wrong-checksum"

    def __init__(
        self, name: str, *, expected: str, got: str, origin: str, algorithm: str = "sha256", web_page: bool = False
    ) -> None:
        looks = "what came looks like a web page; " if web_page else ""
        super().__init__(
            f"{name} is not the file that was asked for: its checksum is wrong",
            details=[f"expected {algorithm} {expected}", f"got      {algorithm} {got}", f"from     {origin}"],
            hint=f"{looks}it was not kept. If upstream replaced the file on purpose, the recipe needs its new "
            "checksum; otherwise find out why before you trust it",
        )
        self.name = name
        self.expected = expected
        self.got = got


class UnpackError(RequestError):
    """An archive cannot be unpacked."""

    code = "bad-archive"


class UnsafeArchiveError(UnpackError):
    """A member of an archive would leave the directory it is unpacked into. ``member`` names it."""

    code = "unsafe-archive"

    def __init__(self, archive: str, member: str, reason: str) -> None:
        super().__init__(
            f"{archive} is not safe to unpack: {member!r} {reason}",
            hint="nothing of it was kept; do not trust where it came from",
        )
        self.member = member


class StageError(RequestError):
    """Sources cannot be brought into the state that the recipe asks for."""

    code = "stage-failed"
