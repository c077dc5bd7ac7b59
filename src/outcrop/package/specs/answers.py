"""What a spec answers with when a recipe reads ``spec.variants``, ``spec.compiler_flags`` or ``spec.architecture``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from archspec.cpu import TARGETS, Microarchitecture, generic_microarchitecture

from outcrop.spec.graph import VariantAnswer as Answer

FLAG_KINDS = ("cflags", "cxxflags", "fflags", "cppflags", "ldflags", "ldlibs")


class VariantAnswer:
    """The value of one variant: ``.value`` is a bool, a string, or a sorted tuple of strings."""

    __slots__ = ("name", "value")

    def __init__(self, name: str, value: Answer) -> None:
        self.name = name
        self.value = tuple(sorted(value)) if isinstance(value, tuple) else value

    @property
    def values(self) -> tuple[bool | str, ...]:
        """The value as a tuple, whatever its kind."""
        return self.value if isinstance(self.value, tuple) else (self.value,)

    def __contains__(self, item: object) -> bool:
        return item in self.values

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, VariantAnswer):
            return NotImplemented
        return (self.name, self.value) == (other.name, other.value)

    def __hash__(self) -> int:
        return hash((self.name, self.value))

    def __str__(self) -> str:
        if isinstance(self.value, bool):
            return f"{'+' if self.value else '~'}{self.name}"
        words = [word[:7] for word in self.values if isinstance(word, str)] if self.name == "patches" else self.values
        return f" {self.name}={','.join(str(word) for word in words)}"

    def __repr__(self) -> str:
        return f"VariantAnswer({self.name!r}, {self.value!r})"


class VariantAnswers(Mapping[str, VariantAnswer]):
    """All variants of a spec by name, sorted; a variant whose condition does not hold is absent."""

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        self._answers = {name: VariantAnswer(name, answers[name]) for name in sorted(answers)}

    def __getitem__(self, name: str) -> VariantAnswer:
        return self._answers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._answers)

    def __len__(self) -> int:
        return len(self._answers)

    @property
    def dict(self) -> dict[str, VariantAnswer]:
        """A plain dictionary of the same."""
        return dict(self._answers)

    def __str__(self) -> str:
        flags = [str(answer) for answer in self._answers.values() if isinstance(answer.value, bool)]
        words = [str(answer) for answer in self._answers.values() if not isinstance(answer.value, bool)]
        return "".join([*flags, *words])


class CompilerFlags(dict[str, list[str]]):
    """Flag kind -> words; all six kinds are always there."""

    def __init__(self, flags: Mapping[str, tuple[str, ...]]) -> None:
        super().__init__({kind: list(flags.get(kind, ())) for kind in FLAG_KINDS})

    def __str__(self) -> str:
        return "".join(f' {kind}="{" ".join(words)}"' for kind, words in sorted(self.items()) if words)


def microarchitecture(name: str) -> Microarchitecture:
    """The microarchitecture of that name; an unknown name gives one without features or ancestors."""
    known = TARGETS.get(name)
    return known if known is not None else generic_microarchitecture(name)


class Architecture:
    """Platform, operating system and target; ``"linux" in architecture`` looks for text in the whole."""

    def __init__(self, platform: str, os: str, target: str) -> None:
        self.platform = platform
        self.os = os
        self.target = microarchitecture(target)

    def __str__(self) -> str:
        return f"{self.platform}-{self.os}-{self.target.name}"

    def __repr__(self) -> str:
        return f"Architecture({self.platform!r}, {self.os!r}, {self.target.name!r})"

    def __contains__(self, text: str) -> bool:
        return text in str(self)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Architecture):
            return str(self) == str(other)
        return NotImplemented

    def __hash__(self) -> int:
        return hash(str(self))
