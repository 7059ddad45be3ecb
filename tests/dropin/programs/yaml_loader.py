"""PyYAML with libyaml: loader and dumper of its C extension, constructors and representers in Python."""

import yaml
from results import show


class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y


class Loader(yaml.CSafeLoader):
    pass


class Dumper(yaml.CSafeDumper):
    pass


def construct(loader, node):
    return Point(**loader.construct_mapping(node))


Loader.add_constructor("!point", construct)
Dumper.add_representer(Point, lambda dumper, point: dumper.represent_mapping("!point", vars(point)))

document = {
    "points": [Point(n, n * n) for n in range(50)],
    "text": "many\nlines\n",
    "values": [None, True, 1.5, "yes", {"nested": {"deep": [[[]]]}}],
}
text = yaml.dump(document, Dumper=Dumper)
show("dumped", text)
loaded = yaml.load(text, Loader=Loader)
show("same", yaml.dump(loaded, Dumper=Dumper) == text)
show("documents", list(yaml.load_all("a: 1\n---\n- b\n---\nc", Loader=yaml.CLoader)))
show("anchors", yaml.load("- &x {a: 1}\n- *x\n- <<: *x\n  b: 2", Loader=yaml.CSafeLoader))
show("tokens", [type(token).__name__ for token in yaml.scan("a: [1, {b: c}]", Loader=yaml.CLoader)])
show("events", [type(event).__name__ for event in yaml.parse(text, Loader=yaml.CLoader)])
for wrong in ("a: [1", "!!python/object:os.system x", "\tx: 1"):
    try:
        yaml.load(wrong, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        show("error", error)
