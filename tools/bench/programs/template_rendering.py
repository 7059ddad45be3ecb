"""A template language: text with {{ expressions }} and {% for/if %} blocks, parsed into nodes that write themselves."""

import re
from html import escape

RENDERINGS = 80
TOKEN = re.compile(r"({{.*?}}|{%.*?%})")

PAGE = """<html><title>{{ title|upper }}</title><table>
{% for row in rows %}<tr class="{% if row.odd %}odd{% else %}even{% endif %}">
{% for cell in row.cells %}<td>{{ cell|escape }}</td>{% endfor %}
<td>{{ row.owner.name|title }}</td></tr>
{% endfor %}</table>{% if footer %}<p>{{ footer }}</p>{% endif %}</html>
"""

FILTERS = {"upper": str.upper, "title": str.title, "escape": escape}


class TemplateError(Exception):
    pass


class Context:
    """Scopes of names, the innermost last."""

    def __init__(self, names):
        self.scopes = [names]

    def lookup(self, name):
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        raise TemplateError(f"there is no {name}")


class Expression:
    """A name, attributes or keys after dots, and filters after bars."""

    def __init__(self, source):
        path, *filters = source.split("|")
        self.name, *self.attributes = path.split(".")
        self.filters = [FILTERS[name] for name in filters]

    def evaluate(self, context):
        value = context.lookup(self.name)
        for attribute in self.attributes:
            try:
                value = value[attribute]
            except (TypeError, KeyError):
                value = getattr(value, attribute)
        if self.filters:
            value = str(value)
            for function in self.filters:
                value = function(value)
        return value


class Text:
    def __init__(self, text):
        self.text = text

    def render(self, context):
        yield self.text


class Output:
    def __init__(self, source):
        self.expression = Expression(source)

    def render(self, context):
        yield str(self.expression.evaluate(context))


class Block:
    def __init__(self, nodes):
        self.nodes = nodes

    def render(self, context):
        for node in self.nodes:
            yield from node.render(context)


class For:
    def __init__(self, target, source, body):
        self.target = target
        self.expression = Expression(source)
        self.body = body

    def render(self, context):
        scope = {}
        context.scopes.append(scope)
        for value in self.expression.evaluate(context):
            scope[self.target] = value
            yield from self.body.render(context)
        context.scopes.pop()


class If:
    def __init__(self, source, body, otherwise):
        self.expression = Expression(source)
        self.body = body
        self.otherwise = otherwise

    def render(self, context):
        branch = self.body if self.expression.evaluate(context) else self.otherwise
        yield from branch.render(context)


class Parser:
    def __init__(self, source):
        self.tokens = [token for token in TOKEN.split(source) if token]
        self.position = 0

    def parse(self, *ends):
        """Returns the block up to one of the ends, and that end."""
        nodes = []
        while self.position < len(self.tokens):
            token = self.tokens[self.position]
            self.position += 1
            if token.startswith("{{"):
                nodes.append(Output(token[2:-2].strip()))
            elif token.startswith("{%"):
                words = token[2:-2].split()
                if words[0] in ends:
                    return Block(nodes), words[0]
                nodes.append(self.parse_tag(words))
            else:
                nodes.append(Text(token))
        if ends:
            raise TemplateError(f"missing {' or '.join(ends)}")
        return Block(nodes), None

    def parse_tag(self, words):
        match words:
            case ["for", target, "in", source]:
                body, _ = self.parse("endfor")
                return For(target, source, body)
            case ["if", source]:
                body, end = self.parse("else", "endif")
                otherwise = self.parse("endif")[0] if end == "else" else Block([])
                return If(source, body, otherwise)
        raise TemplateError(f"there is no tag {words[0]}")


class Owner:
    def __init__(self, name):
        self.name = name


def run():
    owners = [Owner(f"owner {number}") for number in range(5)]
    rows = [
        {"odd": i % 2, "cells": [i, i * i, f"<{i}>", "a & b"], "owner": owners[i % len(owners)]} for i in range(100)
    ]
    sizes = []
    for number in range(RENDERINGS):
        template, _ = Parser(PAGE).parse()
        names = {"title": f"page {number}", "rows": rows, "footer": "the end" if number % 2 else ""}
        sizes.append(len("".join(template.render(Context(names)))))
    return [len(sizes), sum(sizes)]
