"""The module ast over files of the standard library: visiting, transforming, writing source text again."""

import ast
import heapq
import queue
import shlex
import tempfile
import textwrap



class NameCounter(ast.NodeVisitor):
    def __init__(self):
        self.names = {}
        self.depth = self.deepest = 0

    def visit_Name(self, node):
        self.names[node.id] = self.names.get(node.id, 0) + 1

    def visit_FunctionDef(self, node):
        self.depth += 1
        self.deepest = max(self.deepest, self.depth)
        self.generic_visit(node)
        self.depth -= 1


class ConstantFolder(ast.NodeTransformer):
    """Doubles integers and leaves documentation out."""

    def visit_Constant(self, node):
        if type(node.value) is int:
            return ast.copy_location(ast.Constant(2 * node.value), node)
        return node

    def visit_Expr(self, node):
        if isinstance(node.value, ast.Constant):
            return ast.copy_location(ast.Pass(), node)
        return self.generic_visit(node)


def figures_of(tree):
    counter = NameCounter()
    counter.visit(tree)
    nodes = sum(1 for _ in ast.walk(tree))
    changed = ast.fix_missing_locations(ConstantFolder().visit(tree))
    text = ast.unparse(changed)
    assert ast.dump(ast.parse(text)) == ast.dump(changed)
    return [nodes, counter.deepest, sum(counter.names.values()), len(text)]


def run():
    figures = []
    for module in (heapq, queue, shlex, tempfile, textwrap):
        with open(module.__file__, encoding="utf-8") as file:
            figures.append(figures_of(ast.parse(file.read())))
    return figures
