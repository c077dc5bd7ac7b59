"""``when:`` of definitions: what it can say, and that it can do nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from outcrop.base.errors import InputError, Place
from outcrop.env.conditions import Condition, Facts

FACTS = Facts("linux", "debian12", "zen4", "login3", {"SITE": "ours", "EMPTY": ""})
HERE = Place(Path("spack.yaml"), 7)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("platform == 'linux'", True),
        ("os != 'debian12'", False),
        ("target in ['zen3', 'zen4']", True),
        ("'debian' in os and not hostname.startswith('x')", True),
        ("hostname == 'a' or 'SITE' in env", True),
        ("env['SITE'] == 'ours'", True),
        ("env.get('NONE') is None", True),
        ("env.get('SITE', '') is not None", True),
        ("env.get('NONE', 'some') == 'some'", True),
        ("env.get('EMPTY')", False),
        ("re.search(r'^login[0-9]+$', hostname)", True),
        ("re.match('ogin', hostname)", False),
        (r"re.search('n\d', hostname)", True),
        ("re.search('[[n]', hostname)", True),
        ("re.fullmatch('login', hostname) is None", True),
        ("arch.satisfies('target=x86_64:')", True),
        ("architecture.satisfies('target=aarch64:')", False),
        ("arch.satisfies('platform=linux os=debian12')", True),
        ("arch_str == 'linux-debian12-zen4'", True),
        ("arch.target == target and arch.os == os and arch.platform == platform", True),
        ("hostname[:5].upper() == 'LOGIN'", True),
        ("hostname[-1] == '3'", True),
        ("'login3.site'.split('.')[0] == hostname", True),
        ("1 < 2 <= 2 < 3", True),
        ("1 < 2 < 2", False),
        ("True", True),
        ("  platform  ==  'linux'  ", True),
        # What is not reached has no say.
        ("platform == 'linux' or env['NONE']", True),
    ],
)
def test_what_a_condition_says(text: str, value: bool) -> None:
    assert Condition(text, HERE).holds(FACTS) is value


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "open('/etc/passwd')",
        "().__class__",
        "platform.__class__.__mro__",
        "env.clear()",
        "env.pop('SITE')",
        "arch.facts",
        "re.compile('x')",
        "re.sub('a', 'b', hostname)",
        "'{0.__class__}'.format(platform)",
        "f'{platform}'",
        "[each for each in env]",
        "(lambda: 1)()",
        "platform if os else target",
        "'a' * 100000000",
        "9 ** 9",
        "(x := 1)",
        "platform = 'linux'",
        "import os",
        "print(platform)",
        "hostname.startswith(*['a'])",
        "hostname.split(sep='.')",
        "{'a': 1}",
        "platform == 'linux' # ' + \n1",
        "3.5 < 4",
        "...",
        "",
        "machine == 'x'",
        "a" * 3000,
        "(" * 500 + "1" + ")" * 500,
        "not " * 400 + "1" + "\x00",
    ],
)
def test_what_is_no_condition_is_refused_before_anything_is_looked_at(text: str) -> None:
    with pytest.raises(InputError) as caught:
        Condition(text, HERE)
    assert caught.value.code == "bad-condition" and caught.value.place == HERE and caught.value.hint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("env['NONE'] == 'x'", "the variable NONE is not set"),
        ("env.get('NONE').startswith('x')", "'env.get('NONE').startswith' cannot be called"),
        ("platform < 3", "not supported between"),
        ("re", "re.search"),
        ("re.search('(', hostname)", "no regular expression"),
        ("re.search(1, hostname)", "takes text"),
        ("re.search(hostname)", "takes a pattern and a text"),
        ("hostname.satisfies('a')", "cannot be called"),
        ("arch.get('a')", "cannot be called"),
        ("platform.os", "has no value"),
        ("env.get", "has no value"),
        ("hostname[99]", "out of range"),
        ("hostname['a']", "no index"),
        ("3[0]", "has no parts"),
        ("platform is 'linux'", "'is' is for None"),
        ("-platform", "no number"),
        ("3 in 4", "not iterable"),
        ("hostname.startswith(3)", "startswith"),
        ("'a'.split('a', 99999999999999999999)", "too large"),
        ("re.search('a{99999999999}', hostname)", "too large"),
    ],
)
def test_what_has_no_value_here_is_told(text: str, message: str) -> None:
    condition = Condition(text, HERE)
    with pytest.raises(InputError, match=r"spack\.yaml:7: .*") as caught:
        condition.holds(FACTS)
    assert message in caught.value.message and text in caught.value.message


def test_a_spec_inside_that_does_not_parse_shows_a_caret() -> None:
    with pytest.raises(InputError) as caught:
        Condition("arch.satisfies('@1@2')", HERE).holds(FACTS)
    assert any(line.strip().startswith("^") for line in caught.value.details)
