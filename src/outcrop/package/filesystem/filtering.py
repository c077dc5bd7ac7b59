"""``filter_file``: replace in files, line by line, as sed does."""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

Replacement = str | Callable[[re.Match[str]], str]
PathText = str | os.PathLike[str]

_GROUP = re.compile(r"\\([1-9])")


def filter_file(
    regex: str | re.Pattern[str],
    repl: Replacement,
    *filenames: PathText,
    string: bool = False,
    backup: bool = False,
    ignore_absent: bool = False,
    start_at: str | None = None,
    stop_at: str | None = None,
    encoding: str | None = "utf-8",
) -> None:
    r"""Replace every match of ``regex`` in each line of the files.

    A line is matched with its newline, and no match reaches over lines. In a ``repl`` that is text, two backslashes
    become one and then ``\1`` to ``\9`` stand for groups; nothing else is special. With ``string``, ``regex`` is
    plain text.

    Only lines between one that equals ``start_at`` and one that equals ``stop_at`` (blanks around them do not count)
    are touched, never those two themselves. Bytes that are no text in ``encoding`` survive. A link's target is
    rewritten. If anything fails, the file is what it was. With ``backup``, ``<file>~`` keeps the old content.

    Raises:
        FileNotFoundError: a file does not exist, unless ``ignore_absent``.
    """
    if isinstance(regex, str):
        regex = re.compile(re.escape(regex) if string else regex)
    replace = repl if callable(repl) else _expander(repl)
    for filename in filenames:
        path = Path(filename)
        if ignore_absent and not path.exists():
            continue
        _filter_one(path, regex, replace, backup, (start_at, stop_at), encoding or "utf-8")


def _expander(text: str) -> Callable[[re.Match[str]], str]:
    template = text.replace("\\\\", "\\")

    def expand(match: re.Match[str]) -> str:
        return _GROUP.sub(lambda group: match.group(int(group.group(1))) or "", template)

    return expand


def _filter_one(
    path: Path,
    regex: re.Pattern[str],
    replace: Callable[[re.Match[str]], str],
    backup: bool,
    marks: tuple[str | None, str | None],
    encoding: str,
) -> None:
    with tempfile.TemporaryFile() as result:
        # Everything is worked out before the file is touched, so that a failing callable leaves it alone.
        with path.open("rb") as stream:
            changed = _filter_stream(stream, result, regex, replace, marks, encoding)
        if backup:
            shutil.copy2(path, f"{path}~")
        if changed:
            overwrite(path, result)


def overwrite(path: Path, content: IO[bytes]) -> None:
    """Replace a file's content, also one nobody may write; it keeps its inode, its mode and the links to it."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if not mode & stat.S_IWUSR:
        path.chmod(mode | stat.S_IWUSR)
    with tempfile.TemporaryFile() as before, path.open("r+b") as stream:
        shutil.copyfileobj(stream, before)
        try:
            _replace_content(stream, content)
        except BaseException:
            _replace_content(stream, before)
            raise
        finally:
            if not mode & stat.S_IWUSR:
                path.chmod(mode)


def _replace_content(stream: IO[bytes], content: IO[bytes]) -> None:
    content.seek(0)
    stream.seek(0)
    stream.truncate()
    shutil.copyfileobj(content, stream)
    stream.flush()


def _filter_stream(
    stream: IO[bytes],
    result: IO[bytes],
    regex: re.Pattern[str],
    replace: Callable[[re.Match[str]], str],
    marks: tuple[str | None, str | None],
    encoding: str,
) -> bool:
    """Copy ``stream`` with replacements; says whether anything changed."""
    start_at, stop_at = marks
    active, changed = start_at is None, False
    for raw in stream:
        line = raw.decode(encoding, errors="surrogateescape")
        if active:
            if stop_at is not None and line.strip() == stop_at:
                result.write(raw)
                break
            new = regex.sub(replace, line).encode(encoding, errors="surrogateescape")
            changed = changed or new != raw
            result.write(new)
        else:
            result.write(raw)
            active = line.strip() == start_at
    # What follows the last mark may be large and no text at all.
    shutil.copyfileobj(stream, result)
    return changed


class FileFilter:
    """Files to be filtered, perhaps several times."""

    def __init__(self, *filenames: PathText) -> None:
        self.filenames = filenames

    def filter(
        self,
        regex: str | re.Pattern[str],
        repl: Replacement,
        string: bool = False,
        backup: bool = False,
        ignore_absent: bool = False,
        start_at: str | None = None,
        stop_at: str | None = None,
    ) -> None:
        """:func:`filter_file` on all files."""
        filter_file(
            regex,
            repl,
            *self.filenames,
            string=string,
            backup=backup,
            ignore_absent=ignore_absent,
            start_at=start_at,
            stop_at=stop_at,
        )


def change_sed_delimiter(old_delim: str, new_delim: str, *filenames: PathText) -> None:
    """Give the ``s`` commands of sed in these files another delimiter: ``s/a/b/g`` becomes ``s@a@b@g``.

    A command stands between quotes, or bare up to the next blank. Commands that have the new delimiter in their text
    already are not touched, since they would mean something else.
    """
    old = re.escape(old_delim)
    quoted = re.compile(rf"""(?P<q>['"])s{old}(?P<a>(?:(?!(?P=q)|{old}).)*){old}(?P<b>(?:(?!(?P=q)|{old}).)*){old}""")
    bare = re.compile(rf"""(?<=\s)s{old}(?P<a>[^\s'"]+?){old}(?P<b>[^\s'"]*?){old}""")

    def change(match: re.Match[str]) -> str:
        a, b = match.group("a"), match.group("b")
        if new_delim in a or new_delim in b:
            return match.group()
        opening = match.groupdict().get("q") or ""
        return f"{opening}s{new_delim}{a}{new_delim}{b}{new_delim}"

    for filename in filenames:
        filter_file(quoted, change, filename)
        filter_file(bare, change, filename)
