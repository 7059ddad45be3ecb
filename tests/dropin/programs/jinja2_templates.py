"""Jinja2: inheritance, macros, filters and tests in Python, asynchronous templates, error positions."""

import asyncio
import traceback

import jinja2
from jinja2.sandbox import SandboxedEnvironment, SecurityError
from results import show

templates = {
    "base": "<{% block head %}base{% endblock %}>{% block body %}{% endblock %}",
    "page": """{% extends "base" %}{% import "macros" as m %}{% block head %}{{ super() }}+page{% endblock %}
{% block body %}{% for row in rows|batch(3) recursive %}{{ loop.index }}:{% for n in row %}{{ m.cell(n) }}{% endfor %}
{% else %}none{% endfor %}{% endblock %}""",
    "macros": "{% macro cell(n, width=3) %}[{{ n|twice|string|center(width + 2) }}{% if n is special %}!{% endif %}]{% endmacro %}",
    "broken": "line 1\n{% for x in y %}\n{{ x.missing.attribute }}{% endfor %}",
}
options = {"loader": jinja2.DictLoader(templates), "undefined": jinja2.StrictUndefined, "autoescape": True}
environment = jinja2.Environment(**options)
environment.filters["twice"] = lambda value: value * 2
environment.tests["special"] = lambda value: value % 5 == 0
show("page", environment.get_template("page").render(rows=range(40)))
show("generated", list(environment.get_template("page").generate(rows=range(4))))
show("escaped", environment.from_string("{{ x }}{{ x|safe }}").render(x="<&>"))
try:
    environment.get_template("broken").render(y=[1])
except jinja2.UndefinedError as error:
    show("error", error)
    places = [f"{f.filename}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)]
    show("place", [place for place in places if "template" in place])
try:
    environment.from_string("{% if %}")
except jinja2.TemplateSyntaxError as error:
    show("syntax", (error.message, error.lineno))
try:
    SandboxedEnvironment().from_string("{{ ().__class__.__mro__ }}").render()
except SecurityError as error:
    show("sandbox", error)


async def numbers():
    for number in range(10):
        await asyncio.sleep(0)
        yield number


asynchronous = jinja2.Environment(enable_async=True)
template = asynchronous.from_string("{% for n in numbers() %}{{ n }},{% endfor %}")
show("asynchronous", asyncio.run(template.render_async(numbers=numbers)))
