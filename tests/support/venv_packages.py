"""A small environment of real, hand-made Python packages in a store, for tests of views."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from outcrop.python import Interpreter, byte_compile, create_venv, probe
from outcrop.spec.graph import Edge, node_hash
from outcrop.store import Hooks, Seal, Store, VenvFacts
from support.prefixes import external_node, external_seal, install_files, make_node, seal_prefix

SYSTEM_PYTHON = Path("/usr/bin/python3")

HELLO = """\
import sys

def main():
    print("hello", sys.prefix, *sys.argv[1:])
"""

SCRIPT = """\
{line}
from hello import main
main()
"""


@dataclass(kw_only=True)
class Environment:
    """A base Python, its python-venv node and packages, all sealed in ``store``."""

    store: Store
    interpreter: Interpreter
    python: Seal
    venv: Seal
    facts: VenvFacts
    packages: dict[str, Seal] = field(default_factory=dict)

    @property
    def seals(self) -> list[Seal]:
        """Everything, in the order in which it was made."""
        return [self.python, self.venv, *self.packages.values()]

    @property
    def venv_prefix(self) -> Path:
        """Where the python-venv node is."""
        return Path(self.venv.prefix)

    def add(
        self,
        name: str,
        files: Mapping[str, str | bytes | Path | None],
        *,
        version: str = "1.0",
        hooks: Hooks | None = None,
        needs: tuple[str, ...] = (),
    ) -> Seal:
        """Install a package; ``{site}`` in a path is its site directory, ``{venv}`` in a text the venv's prefix.

        Its modules are compiled as at the end of a build.
        """
        edges = [self.venv.hash, self.python.hash, *(self.packages[need].hash for need in needs)]
        node = make_node(
            name, version, edges=tuple(Edge(hash=key, types=("link", "run", "build")) for key in sorted(edges))
        )
        filled = {
            path.format(site=self.facts.purelib): (
                content.replace("{venv}", self.venv.prefix) if isinstance(content, str) else content
            )
            for path, content in files.items()
        }
        if name in self.packages:
            raise ValueError(f"{name} is there already")
        self.packages[name] = install_files(
            self.store,
            node,
            filled,
            venv=self.venv_prefix,
            hooks=hooks,
            before_seal=lambda prefix: byte_compile(
                prefix, python=self.venv_prefix / "bin" / "python3", facts=self.facts
            ),
        )
        return self.packages[name]

    def add_hello(self) -> Seal:
        """A package with modules, scripts of every form, a kernel description and a ``.pth`` file."""
        python = f"{self.venv.prefix}/bin/python3"
        return self.add(
            "py-hello",
            {
                "{site}/hello.py": HELLO,
                "{site}/hello-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: hello\nVersion: 1.0\n",
                "{site}/hello-1.0.dist-info/INSTALLER": "outcrop\n",
                "{site}/hello-1.0.dist-info/RECORD": "hello.py,,\nhello-1.0.dist-info/METADATA,,\n"
                "hello-1.0.dist-info/RECORD,,\n../../../bin/hello,,\n",
                "{site}/hello.pth": "import sys; sys.hello_pth = True\n",
                "{site}/greetings/__init__.py": f'PYTHON = "{python}"\n',
                "bin/hello": SCRIPT.format(line=f"#!{python}"),
                "bin/hello-w": SCRIPT.format(line=f"#!{python} -W error"),
                "bin/hello3": Path("hello"),
                "bin/hello-long": SCRIPT.format(line=f"#!/bin/sh\n'''exec' \"{python}\" \"$0\" \"$@\"\n' '''"),
                "bin/hello.sh": f'#!/bin/sh\nexec {python} -m hello_main "$@"\n',
                "{site}/hello_main.py": "import hello\nhello.main()\n",
                "share/jupyter/kernels/hello/kernel.json": f'{{"argv": ["{python}", "-m", "hello_main"]}}\n',
                "share/doc/hello/README": "nothing special\n",
                "var/empty": None,
            },
        )


def make_environment(directory: Path, python: Path = SYSTEM_PYTHON) -> Environment:
    """A store below ``directory`` with ``python`` as the external base and a python-venv node made by it."""
    store = Store(directory / "store", durable=False)
    interpreter = probe(python, None)
    base = external_node(
        "python",
        interpreter.version,
        Path(interpreter.prefix),
        executable=Path(interpreter.executable),
        abi=interpreter.abi,
    )
    store.add_external(external_seal(base))
    node = make_node("python-venv", edges=(Edge(hash=node_hash(base), types=("link", "run", "build")),))
    prefix = store.prefix(node_hash(node), node)
    prefix.parent.mkdir(parents=True, exist_ok=True)
    facts = create_venv(interpreter, prefix)
    return Environment(
        store=store,
        interpreter=interpreter,
        python=external_seal(base),
        venv=seal_prefix(store, node, facts=facts),
        facts=facts,
    )


def run(command: list[str | Path], **variables: str) -> str:
    """Standard output of a command that must succeed, in an environment with nothing of the caller's."""
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **variables},
        cwd="/",
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout
