"""Writes docs/embedding_reference.md: what the public headers declare, with their comments.

    python3 tools/header_reference.py [--check]

--check writes nothing; the exit status is 1 if the page is not what it would write.

A page is made of each header as it stands: text between declarations that begins with `// ----` or `/* ----` is a
heading, and each declaration is shown with the comment before it. What only the implementation needs (the namespace
detail, private members, bodies of functions) is left out.
"""

import pathlib
import re
import sys

SOURCE = pathlib.Path(__file__).resolve().parent.parent
HEADERS = ["stackless.hpp", "value.hpp", "tasklet.hpp", "native.hpp", "stackless_embed.h", "stackless_api.h"]
PAGE = SOURCE / "docs/embedding_reference.md"
INTRODUCTION = """# Reference of the embedding API

Made from the headers in `include/stackless/` by `tools/header_reference.py`. [embedding.md](embedding.md) is the
way in.
"""


def without_bodies(text):
    """The text with the bodies of functions replaced by `;`: what is in braces after a parenthesis."""
    result, depth = [], 0
    i = 0
    while i < len(text):
        if depth == 0:
            comment = re.compile(r"//.*").match(text, i)
            if comment:
                result.append(comment.group())
                i = comment.end()
                continue
            start = re.compile(r"\)(?:\s*(?:const|noexcept|override))*(?:\s*:\s*[a-z_]+[({][^;]*?)?\s*\{").match(text, i)
            if start:
                head = re.match(r"\)(?:\s*(?:const|noexcept|override))*", text[i:]).group()
                result.append(head.rstrip() + ";")
                i, depth = start.end(), 1
                continue
            result.append(text[i])
        else:
            depth += {"{": 1, "}": -1}.get(text[i], 0)
        i += 1
    return "".join(result)


def without_private(text):
    """The text without the private parts of classes, the implementation namespace and preprocessor lines."""
    text = re.sub(r"^namespace detail \{.*?^\}  // namespace detail\n", "", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"^private:\n.*?(?=^\};)", "", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"^    private:\n.*?(?=^    \};)", "", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"^#(?!define (Py|PY|STACKLESS_UNW|METH)).*(?:\\\n.*)*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"^(inline namespace api \{|namespace stackless \{|\}  // namespace.*|extern \"C\" \{)\n", "", text, flags=re.MULTILINE)
    # What is defined after its class is declared in it.
    text = re.sub(r"^// ---- (How all this works|The converters)\n.*", "", text, flags=re.MULTILINE | re.DOTALL)
    return text


def section(name):
    """The part of the page about a header."""
    text = (SOURCE / "include/stackless" / name).read_text()
    text = without_private(text)
    if name.endswith(".hpp"):
        text = without_bodies(text)
    text = re.sub(r"^\}\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"\n{3,}", "\n\n", text).strip()
    language = "cpp" if name.endswith(".hpp") else "c"
    return f"\n## {name}\n\n```{language}\n{text}\n```\n"


def main():
    page = INTRODUCTION + "".join(section(name) for name in HEADERS)
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(page)
        return 0
    if PAGE.exists() and PAGE.read_text() == page:
        return 0
    print(f"{PAGE} is not what the headers say: run tools/header_reference.py")
    return 1


if __name__ == "__main__":
    sys.exit(main())
