"""The few things recipes ask and change in ELF files: class, machine, needed libraries, soname, rpath, interpreter.

Source: System V Application Binary Interface, chapters "Object Files" and "Dynamic Linking".
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from outcrop.package.errors import SpackError

_PT_LOAD, _PT_DYNAMIC, _PT_INTERP = 1, 2, 3
_DT_NULL, _DT_NEEDED, _DT_STRTAB, _DT_STRSZ, _DT_SONAME, _DT_RPATH, _DT_RUNPATH = 0, 1, 5, 10, 14, 15, 29


class ElfParsingError(SpackError):
    """The file is no ELF file, or a broken one."""

    code = "bad-elf"


@dataclass(frozen=True)
class ElfHeader:
    """Of the file header: type of file, machine, place and shape of the program header table."""

    e_type: int
    e_machine: int
    e_phoff: int
    e_phentsize: int
    e_phnum: int


@dataclass
class ElfFile:
    """What was found. Texts are bytes, as in the file; an attribute means something where its ``has_`` is true."""

    is_64_bit: bool
    is_little_endian: bool
    elf_hdr: ElfHeader
    has_pt_interp: bool = False
    pt_interp_str: bytes = b""
    has_pt_dynamic: bool = False
    has_needed: bool = False
    dt_needed_strs: list[bytes] = field(default_factory=list)
    has_soname: bool = False
    dt_soname_str: bytes = b""
    has_rpath: bool = False
    dt_rpath_str: bytes = b""
    is_runpath: bool = False
    dynamic_offset: int = 0
    dynamic_entries: list[tuple[int, int]] = field(default_factory=list)
    """Tag and value of every entry before the end mark, in order."""
    strings: bytes = b""

    @property
    def byte_order(self) -> str:
        """As ``struct`` writes it."""
        return "<" if self.is_little_endian else ">"

    @property
    def entry_format(self) -> str:
        """One entry of the dynamic section."""
        return self.byte_order + ("qQ" if self.is_64_bit else "iI")

    def text_at(self, offset: int) -> bytes:
        """A text of the dynamic string table."""
        end = self.strings.find(b"\0", offset)
        if not 0 <= offset <= len(self.strings) or end < 0:
            raise ElfParsingError(f"the dynamic string table has no text at {offset}")
        return self.strings[offset:end]


def parse_elf(
    f: IO[bytes], interpreter: bool = False, dynamic_section: bool = False, only_header: bool = False
) -> ElfFile:
    """Read what is asked for from an open file.

    Raises:
        ElfParsingError: it is no ELF file, or ends too early.
    """
    f.seek(0)
    elf = _parse_header(f)
    if only_header or not (interpreter or dynamic_section):
        return elf
    segments = _segments(f, elf)
    for kind, offset, _, size in segments:
        if interpreter and kind == _PT_INTERP:
            elf.has_pt_interp, elf.pt_interp_str = True, _read(f, offset, size).rstrip(b"\0")
        elif dynamic_section and kind == _PT_DYNAMIC:
            elf.has_pt_dynamic, elf.dynamic_offset = True, offset
            _parse_dynamic(f, elf, offset, size, segments)
    return elf


def _read(f: IO[bytes], offset: int, size: int) -> bytes:
    f.seek(offset)
    data = f.read(size)
    if len(data) != size:
        raise ElfParsingError("the file ends too early for what its headers say")
    return data


def _parse_header(f: IO[bytes]) -> ElfFile:
    start = f.read(16)
    if len(start) < 16 or start[:4] != b"\x7fELF":
        raise ElfParsingError("this is no ELF file")
    if start[4] not in (1, 2) or start[5] not in (1, 2):
        raise ElfParsingError("this ELF file has an unknown class or byte order")
    is64, little = start[4] == 2, start[5] == 1
    form = ("<" if little else ">") + ("HHIQQQIHHHHHH" if is64 else "HHIIIIIHHHHHH")
    values = struct.unpack(form, _read(f, 16, struct.calcsize(form)))
    return ElfFile(is64, little, ElfHeader(values[0], values[1], values[4], values[8], values[9]))


def _segments(f: IO[bytes], elf: ElfFile) -> list[tuple[int, int, int, int]]:
    """Program headers as (type, offset in the file, address, size in the file)."""
    form = elf.byte_order + ("IIQQQQQQ" if elf.is_64_bit else "IIIIIIII")
    found = []
    for index in range(elf.elf_hdr.e_phnum):
        values = struct.unpack(
            form, _read(f, elf.elf_hdr.e_phoff + index * elf.elf_hdr.e_phentsize, struct.calcsize(form))
        )
        found.append(
            (values[0], values[2], values[3], values[5])
            if elf.is_64_bit
            else (values[0], values[1], values[2], values[4])
        )
    return found


def _parse_dynamic(
    f: IO[bytes], elf: ElfFile, offset: int, size: int, segments: list[tuple[int, int, int, int]]
) -> None:
    width = struct.calcsize(elf.entry_format)
    data = _read(f, offset, size - size % width)
    for tag, value in struct.iter_unpack(elf.entry_format, data):
        if tag == _DT_NULL:
            break
        elf.dynamic_entries.append((tag, value))
    single = dict(elf.dynamic_entries)
    if _DT_STRTAB not in single or _DT_STRSZ not in single:
        raise ElfParsingError("the dynamic section names no string table")
    address = single[_DT_STRTAB]
    for kind, file_offset, start, length in segments:
        if kind == _PT_LOAD and start <= address < start + length:
            elf.strings = _read(f, file_offset + address - start, single[_DT_STRSZ])
            break
    else:
        raise ElfParsingError("the dynamic string table lies in no segment")
    elf.dt_needed_strs = [elf.text_at(value) for tag, value in elf.dynamic_entries if tag == _DT_NEEDED]
    elf.has_needed = bool(elf.dt_needed_strs)
    if _DT_SONAME in single:
        elf.has_soname, elf.dt_soname_str = True, elf.text_at(single[_DT_SONAME])
    for tag in (_DT_RPATH, _DT_RUNPATH):
        if tag in single:
            elf.has_rpath, elf.is_runpath, elf.dt_rpath_str = True, tag == _DT_RUNPATH, elf.text_at(single[tag])


def get_elf_compat(path: str | os.PathLike[str]) -> tuple[bool, bool, int]:
    """(64 bits, little-endian, machine): files that can be linked with each other have the same."""
    with Path(path).open("rb") as f:
        elf = parse_elf(f, only_header=True)
    return (elf.is_64_bit, elf.is_little_endian, elf.elf_hdr.e_machine)


def _write_entries(f: IO[bytes], elf: ElfFile, kept: list[tuple[int, int]]) -> None:
    # The section keeps its size: what follows the entries are end marks.
    total = len(elf.dynamic_entries)
    padded = kept + [(_DT_NULL, 0)] * (total - len(kept))
    f.seek(elf.dynamic_offset)
    f.write(b"".join(struct.pack(elf.entry_format, *entry) for entry in padded))
    f.flush()
    elf.dynamic_entries = kept


def delete_rpath(path: str | os.PathLike[str]) -> None:
    """Remove rpath and runpath of a program or library, in place; one that has none stays as it is."""
    with Path(path).open("r+b") as f:
        elf = parse_elf(f, dynamic_section=True)
        if elf.has_rpath:
            kept = [entry for entry in elf.dynamic_entries if entry[0] not in (_DT_RPATH, _DT_RUNPATH)]
            _write_entries(f, elf, kept)


def delete_needed_from_elf(f: IO[bytes], elf: ElfFile, needed: bytes) -> None:
    """Remove one needed library from a file open for reading and writing; ``elf`` has its dynamic section parsed."""
    kept = [entry for entry in elf.dynamic_entries if entry[0] != _DT_NEEDED or elf.text_at(entry[1]) != needed]
    if len(kept) != len(elf.dynamic_entries):
        _write_entries(f, elf, kept)
        elf.dt_needed_strs = [text for text in elf.dt_needed_strs if text != needed]
        elf.has_needed = bool(elf.dt_needed_strs)
