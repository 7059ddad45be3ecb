"""Compiles the hidden functions of the interpreter (src/hidden/) into a C++ header.

Usage: python3.11 tools/freeze_hidden.py OUTPUT FILE...

Each function of the files, by the name it has there, becomes a value of the enumeration Hidden and an entry
of frozen_functions: its code object and its defaults as marshal writes them. src/hidden/README.md says what such
functions may do.
"""

import ast
import marshal
import sys
import types
from pathlib import Path

LIMIT = 100  # characters of a line of the header


class NextCalls(ast.NodeTransformer):
    """next() becomes an operator that such functions have no other use for, which is an instruction of its own."""

    def visit_Call(self, node):
        self.generic_visit(node)
        if not isinstance(node.func, ast.Name) or node.func.id != "next":
            return node
        match node.args:
            case [iterator]:
                made = ast.UnaryOp(ast.Invert(), iterator)
            case [iterator, ast.Name("missing") as default]:
                made = ast.BinOp(iterator, ast.MatMult(), default)
            case _:
                return node
        return ast.copy_location(made, node)


def functions_of(path):
    """The functions in a file."""
    name = f"<{path.stem}>"
    tree = NextCalls().visit(ast.parse(path.read_text(), name))
    code = compile(tree, name, "exec", optimize=2, dont_inherit=True)
    namespace = {}
    exec(code, namespace)
    functions = [value for value in namespace.values() if isinstance(value, types.FunctionType)]
    for function in functions:
        check(function.__code__, path)
    return functions


def check(code, path):
    """A hidden frame has no cells, and there are no other functions inside of it."""
    inner = [const for const in code.co_consts if isinstance(const, types.CodeType)]
    if inner or code.co_cellvars or code.co_freevars:
        sys.exit(f"{path}: {code.co_name}() must not contain functions, classes or comprehensions")


def bytes_in_lines(data):
    line = "   "
    for byte in data:
        piece = f" {byte},"
        if len(line) + len(piece) > LIMIT:
            yield line
            line = "   "
        line += piece
    yield line


def main(output, *paths):
    functions = [function for path in sorted(paths) for function in functions_of(Path(path))]
    names = [function.__name__ for function in functions]
    doubles = {name for name in names if names.count(name) > 1}
    if doubles:
        sys.exit(f"hidden functions defined twice: {', '.join(sorted(doubles))}")
    lines = [
        "// Written by tools/freeze_hidden.py from src/hidden/.",
        "#pragma once",
        "",
        "#include <cstddef>",
        "#include <cstdint>",
        "",
        "namespace stackless::eval {",
        "",
        "enum class Hidden : uint16_t {",
        *(f"    {name}," for name in names),
        "};",
        "",
        "struct FrozenFunction {",
        "    const char* name;",
        "    const unsigned char* data;  // (code, defaults, defaults of keyword-only parameters)",
        "    size_t size;",
        "};",
        "",
    ]
    for function in functions:
        data = marshal.dumps((function.__code__, function.__defaults__, function.__kwdefaults__))
        lines += [f"inline constexpr unsigned char frozen_{function.__name__}[] = {{"]
        lines += [*bytes_in_lines(data), "};"]
    lines += ["", "inline constexpr FrozenFunction frozen_functions[] = {"]
    lines += [f'    {{"{name}", frozen_{name}, sizeof frozen_{name}}},' for name in names]
    lines += ["};", "", "}  // namespace stackless::eval", ""]
    Path(output).write_text("\n".join(lines))


if __name__ == "__main__":
    main(*sys.argv[1:])
