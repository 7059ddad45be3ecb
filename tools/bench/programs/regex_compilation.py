"""Regular expressions compiled, not matched: the standard library's parser and code generator."""

import re
from re import _compiler, _parser

TIMES = 40
PATTERNS = [
    r"(?P<year>\d{4})-(?P<month>0[1-9]|1[0-2])-(?P<day>[0-2]\d|3[01])",
    r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?",
    r"(?i)\b(?:select|insert|update|delete|from|where|group\s+by|order\s+by|having|limit)\b",
    r"(?:[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*)@(?:[a-z0-9](?:[a-z0-9-]*)?\.)+[a-z]{2,}",
    r"(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}",
    r"<(?P<tag>[a-zA-Z][\w:.-]*)(?:\s+[\w:.-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*\s*/?>",
    r"(?s)/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'",
    r"(?x) ^ (?: (?P<scheme> [a-z][a-z0-9+.-]* ) : )? (?: // (?P<host> [^/?#]* ) )? (?P<path> [^?#]* ) (\? [^#]*)? ",
    r"(?<=\$)(?P<name>[A-Z_]+)(?!\w)(?:=(?P<value>(?P=name)|[^\s;]+))?",
    r"(a|ab|abc|abcd|abcde)(?(1)x|y)[^\W\d_]{2,5}?[à-öø-ÿ]*+",
]


def run():
    sizes = []
    for _ in range(TIMES):
        for pattern in PATTERNS:
            flags = 0
            tree = _parser.parse(pattern, flags)
            sizes.append(len(_compiler._code(tree, flags)))
            assert _compiler.compile(pattern, re.ASCII).groups == tree.state.groups - 1
    return sizes[: len(PATTERNS)]
