"""JSON by the standard library's paths in Python: the scanner and decoder, and the encoder that indents."""

import json
from json import decoder, encoder, scanner

TIMES = 2
ITEMS = 800


class PythonDecoder(decoder.JSONDecoder):
    def __init__(self):
        super().__init__()
        self.parse_string = decoder.py_scanstring
        self.scan_once = scanner.py_make_scanner(self)


class PythonEncoder(encoder.JSONEncoder):
    def iterencode(self, value, _one_shot=False):
        return encoder._make_iterencode(
            {},
            self.default,
            encoder.py_encode_basestring_ascii,
            self.indent,
            float.__repr__,
            self.key_separator,
            self.item_separator,
            self.sort_keys,
            self.skipkeys,
            _one_shot,
        )(value, 0)


def make_document():
    return [
        {
            "id": number,
            "name": f"item {number}",
            "price": number * 1.25,
            "tags": ["red", "grün", 'said "so"', "\n"],
            "size": {"w": number % 7, "h": number % 11, "known": number % 2 == 0},
            "note": None,
        }
        for number in range(ITEMS)
    ]


def run():
    document = make_document()
    reader, writer = PythonDecoder(), PythonEncoder(indent=1, sort_keys=True)
    for _ in range(TIMES):
        text = "".join(writer.iterencode(document))
        assert reader.decode(text) == document
    assert json.loads(text) == document
    return len(text)
