"""The program. ``outcrop --version`` is answered here, before anything is imported."""

import sys

from outcrop import __version__


def main() -> None:
    """Entry point of the ``outcrop`` command; exits with the status described in the README."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        print(f"outcrop {__version__}")
        return
    from outcrop.cli import run  # after the quick answer above: it takes click along

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
