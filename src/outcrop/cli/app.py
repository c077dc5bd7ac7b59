"""The command table and the one place where errors become text and exit statuses."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from outcrop import __version__
from outcrop.base.errors import OutcropError
from outcrop.base.near import near_misses
from outcrop.cli.output import Output
from outcrop.cli.session import Session
from outcrop.cli.signals import Interrupted, end_as_usual, raise_interrupted

_COMMANDS = {
    "add": "manifest",
    "checksum": "authoring",
    "clean": "cleaning",
    "compiler": "machine",
    "concretize": "install",
    "create": "authoring",
    "dependencies": "queries",
    "dependents": "queries",
    "edit": "authoring",
    "env": "environment",
    "external": "machine",
    "fetch": "sources",
    "find": "installed",
    "gc": "installed",
    "graph": "request",
    "info": "recipes",
    "install": "install",
    "list": "recipes",
    "location": "installed",
    "maintainers": "queries",
    "mirror": "sources",
    "patch": "sources",
    "providers": "queries",
    "reindex": "installed",
    "remove": "manifest",
    "repo": "repositories",
    "spec": "request",
    "stage": "sources",
    "tags": "queries",
    "uninstall": "installed",
    "versions": "queries",
}
"""Command -> module below ``outcrop.cli.commands``; imported when the command is used, which keeps the others' imports
away."""

_ALIASES = {"rm": "remove", "solve": "spec", "compilers": "compiler"}

EXIT_DEFECT = 3
EXIT_INTERRUPTED = 130


class CommandTable(click.Group):
    """Commands that are imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, sorted."""
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command; None if there is no such."""
        name = _ALIASES.get(cmd_name, cmd_name)
        if name not in _COMMANDS:
            return None
        module = importlib.import_module(f"outcrop.cli.commands.{_COMMANDS[name]}")
        command = getattr(module, f"{name}_command")
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with near misses for an unknown name."""
        name = args[0] if args else ""
        if name and not name.startswith("-") and self.get_command(ctx, name) is None:
            near = near_misses(name, _COMMANDS)
            hint = f" Did you mean {' or '.join(near)}?" if near else " 'outcrop --help' lists the commands."
            raise click.UsageError(f"there is no command '{name}'.{hint}", ctx)
        return super().resolve_command(ctx, args)


@click.group(
    cls=CommandTable,
    name="outcrop",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    no_args_is_help=True,
)
@click.version_option(__version__, "-V", "--version", message="outcrop %(version)s")
@click.option("-e", "--env", "environment", metavar="DIR|NAME", help="Work on this environment.")
@click.option("-E", "--no-env", is_flag=True, help="Ignore any active environment.")
@click.option(
    "-C",
    "--config-scope",
    "scopes",
    multiple=True,
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Read configuration files from DIR too; may repeat, later ones win.",
)
@click.option(
    "-c",
    "--config",
    "settings",
    multiple=True,
    metavar="SECTION:KEY:VALUE",
    help="One setting; may repeat, wins over files.",
)
@click.option("--color", "colour", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colours.")
@click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")
@click.pass_context
def program(
    ctx: click.Context,
    environment: str | None,
    no_env: bool,
    scopes: tuple[Path, ...],
    settings: tuple[str, ...],
    colour: str,
    quiet: bool,
) -> None:
    """Build software from source recipes; surface environments as real Python virtual environments."""
    ctx.obj = Session(
        environ=os.environ,
        directory=Path.cwd(),
        environment=None if no_env else environment,
        ignore_active=no_env,
        scopes=scopes,
        settings=settings,
        output=Output(colour=colour, quiet=quiet),
    )


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit status: 0 done, 1 the request failed, 2 usage, 3 a defect of ours, 130
    interrupted (143 by SIGTERM, 129 by a closed terminal)."""
    output = Output()
    try:
        raise_interrupted()
        result = program.main(args=list(arguments), prog_name="outcrop", standalone_mode=False)
        status = result if isinstance(result, int) else 0
        sys.stdout.flush()
    except OutcropError as error:
        output.error(error)
        return error.exit_status
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message(), file=sys.stderr)
        return 2
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx is not None else "outcrop"
        output.error(OutcropError(error.format_message(), hint=f"'{where} --help' shows how it is used"))
        return 2
    except click.ClickException as error:
        output.error(OutcropError(error.format_message()))
        return 1
    except Interrupted as error:
        end_as_usual()
        output.talk(error.message)
        return error.exit_status
    except (KeyboardInterrupt, click.Abort):
        output.talk("interrupted")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader (head, less) went away: nothing is left to say, not even by the interpreter's last flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        output.error(
            OutcropError(
                f"{where}{error.strerror or error}",
                hint="check permissions and free space there; nothing half-done is ever taken for installed",
            )
        )
        return 1
    except Exception:
        import traceback  # 15 ms that commands which work do without

        traceback.print_exc()
        output.error(OutcropError("this is a defect of Outcrop", hint="please report it with the lines above"))
        return EXIT_DEFECT
    return status
