"""The program. ``outcrop --version`` is answered here, before anything is imported."""

import gc
import sys

from outcrop import __version__


def main() -> None:
    """Entry point of the ``outcrop`` command; exits with the status described in the README."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        print(f"outcrop {__version__}")
        return
    # What a command makes, it keeps to its end; looking for garbage every 700 objects is a tenth of a start-up.
    gc.set_threshold(50_000)
    from outcrop.cli import run  # after the quick answer above: it takes click along

    status = run(sys.argv[1:])
    # The interpreter looks for garbage before it ends: a tenth of a second after a solve. The system takes all back.
    gc.freeze()
    sys.exit(status)


if __name__ == "__main__":
    main()
