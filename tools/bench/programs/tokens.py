"""The module tokenize over files of the standard library: to tokens, and to text again."""

import configparser
import heapq
import io
import queue
import textwrap
import tokenize


def read_tokens(source):
    return list(tokenize.tokenize(io.BytesIO(source).readline))


def figures_of(source):
    tokens = read_tokens(source)
    again = read_tokens(tokenize.untokenize(tokens))
    assert [token[:2] for token in again] == [token[:2] for token in tokens]
    kinds = {}
    for token in tokens:
        name = tokenize.tok_name[token.exact_type]
        kinds[name] = kinds.get(name, 0) + 1
    return [len(tokens), kinds["NAME"], kinds["LPAR"]]


def run():
    figures = []
    for module in (configparser, heapq, queue, textwrap):
        with open(module.__file__, "rb") as file:
            figures.append(figures_of(file.read()))
    return figures
