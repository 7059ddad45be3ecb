"""Calls of builtins and of the standard library's C modules whose speed people feel.

Each one has a name, and is a statement with what it needs before. They are chosen so that nearly all the time passes in
C code, so that what is compared is the C code.
"""

import textwrap

CALLS = {}

COMMON = """
import random
generator = random.Random(1)
numbers = [generator.randrange(10**6) for _ in range(2000)]
floats = [generator.random() for _ in range(2000)]
words = ["word%d" % (n % 700) for n in numbers]
rows = [{"a": word, "b": [n, 1.5]} for word, n in zip(words, numbers)]
pairs = list(zip(words, numbers))
text = " ".join(words)
data = text.encode()
"""


def call(name, statement, setup=""):
    CALLS[name] = (statement, COMMON + textwrap.dedent(setup))


call("sorted ints", "sorted(numbers)")
call("sorted floats", "sorted(floats)")
call("sorted strings", "sorted(words)")
call("sorted tuples", "sorted(pairs)")
call("sort with a key in C", "sorted(words, key=len)")
call("list reversed, copied", "numbers[::-1]; numbers.copy()")
call("list.index", "numbers.index(numbers[-1])")
call("list of range", "list(range(2000))")
call("sum ints", "sum(numbers)")
call("sum floats", "sum(floats)")
call("min and max", "min(numbers); max(floats)")

call("dict of pairs", "dict(pairs)")
call("dict copied, updated", "d = table.copy(); d.update(table)", "table = dict(zip(numbers, words))")
call("dict.fromkeys strings", "dict.fromkeys(words)")
call("dict ==", "table == other", "table = dict(zip(numbers, words)); other = dict(zip(numbers, words))")
call("set of ints", "set(numbers)")
call("set operations", "a & b; a | b; a - b", "a = set(numbers[:1200]); b = set(numbers[800:])")
call("frozenset hashed", "hash(frozenset(numbers))")
call("tuples hashed", "set(pairs)", "pairs = list(zip(numbers, floats))")

call("str.split and join", "' '.join(text.split())")
call("str.replace", "text.replace('word', 'term')")
call("str.find", "text.find('nowhere')")
call("str.count", "text.count('7')")
call("str.upper", "text.upper()")
call("str.translate", "text.translate(table)", "table = str.maketrans('wd', 'xy')")
call("str.encode, decode", "wide.encode().decode()", "wide = text.replace('o', 'ö')")
call("str % and format", "'%s-%d %5.2f' % ('a', 5, 2.5); '{} {:>8}'.format('a', 'b')")
call("str of ints", "list(map(str, numbers))")
call("int of strings", "list(map(int, digits))", "digits = [str(n) for n in numbers]")
call("float of strings", "list(map(float, digits))", "digits = [repr(x) for x in floats]")
call("repr of floats", "list(map(repr, floats))")
call("str.splitlines, strip", "[*map(str.strip, lines.splitlines())]", "lines = text.replace(' ', ' \\n ')")
call("str compared", "list(map(eq, words, others))", "from operator import eq; others = [w[:1] + w[1:] for w in words]")

call("bytes.replace, find", "data.replace(b'word', b'x'); data.find(b'zzz')")
call("bytes.hex, fromhex", "bytes.fromhex(data.hex())")
call("bytearray.extend", "b = bytearray(); b.extend(data); b.extend(b)")
call("bytes.translate", "data.translate(table)", "table = bytes(range(255, -1, -1))")
call("base64", "b64decode(b64encode(data))", "from base64 import b64encode, b64decode")
call("zlib.crc32", "crc32(data)", "from zlib import crc32")
call("zlib", "decompress(compress(data, 1))", "from zlib import compress, decompress")

call("int *, 2,000 digits", "a * b", "a = 3**4200; b = 7**2300")
call("int //, 2,000 digits", "a // b", "a = 3**4200; b = 7**1100")
call("int pow modulo", "pow(3, a, b)", "a = 3**120; b = 7**150")
call("int to decimal", "str(a)", "a = 3**2000")
call("int from decimal", "int(a)", "a = str(3**2000)")
call("math.gcd, isqrt", "gcd(a, b); isqrt(a)", "from math import gcd, isqrt; a = 6**200; b = 15**150")
call("math.fsum", "fsum(floats)", "from math import fsum")
call("map math.sin", "[*map(sin, floats)]", "from math import sin")

call("pickle.dumps", "dumps(rows)", "from pickle import dumps")
call("pickle.loads", "loads(data)", "from pickle import dumps, loads; data = dumps(rows)")
call("marshal", "loads(dumps(rows))", "from marshal import dumps, loads")
call("json.dumps", "dumps(rows)", "from json import dumps")
call("json.loads", "loads(text)", "from json import dumps, loads; text = dumps(rows)")
call("struct", "unpack(form, pack(form, *numbers))", "from struct import pack, unpack; form = '<2000i'")
call("struct.iter_unpack", "[*iter_unpack('<hHd', raw)]", "from struct import iter_unpack; raw = bytes(12_000)")
call("array", "array('d', floats).tolist()", "from array import array")
call("hashlib.sha256", "sha256(data).digest()", "from hashlib import sha256")
call("hashlib.md5", "md5(data).digest()", "from hashlib import md5")
call("hashlib.blake2b", "blake2b(data).digest()", "from hashlib import blake2b")
call("hash of strings", "[*map(hash, map(str.lower, words))]")

call("re.findall words", "findall(text)", "import re; findall = re.compile(r'\\w+').findall")
call("re.sub", "sub('x', text)", "import re; sub = re.compile(r'd\\d+').sub")
call("re.search, alternatives", "search(text)", "import re; search = re.compile(r'nothing|nowhere|never').search")
call("re.match, groups", "[*map(match, words)]", "import re; match = re.compile(r'([a-z]+)(\\d+)').match")
call("re.search, backtracking", "search(text)", "import re; search = re.compile(r'(?:[a-z]+\\d ?)*$').search")
call("re.split", "split(text)", "import re; split = re.compile(r'\\s+').split")
call("re.finditer, ignoring case", "[*finditer(text)]", "import re; finditer = re.compile(r'WORD(\\d)', re.I).finditer")

call("csv.reader", "[*reader(lines)]", "from csv import reader; lines = ['%s,\"%d\",x' % pair for pair in pairs]")
call("csv.writer", "writer(StringIO()).writerows(pairs)", "from csv import writer; from io import StringIO")
call("datetime arithmetic", "[*map(add, days, deltas)]", """
    from datetime import datetime, timedelta
    from operator import add
    days = [datetime(2020, 1, 1 + n % 28) for n in numbers]
    deltas = [timedelta(seconds=n) for n in numbers]
""")
call("datetime.isoformat", "[*map(datetime.isoformat, days)]", """
    from datetime import datetime
    days = [datetime(2020, 1, 1 + n % 28, 3, 4, 5) for n in numbers]
""")
call("datetime.fromisoformat", "[*map(datetime.fromisoformat, texts)]", """
    from datetime import datetime
    texts = [datetime(2020, 1, 1 + n % 28, 3, 4, 5).isoformat() for n in numbers]
""")
call("datetime.strftime", "day.strftime('%Y-%m-%d %H:%M')", "from datetime import datetime; day = datetime(2020, 2, 3)")
call("decimal + and *", "[*map(add, values, values)]; [*map(mul, values, values)]", """
    from decimal import Decimal
    from operator import add, mul
    values = [Decimal(n) / 7 for n in numbers[:500]]
""")
call("decimal of strings", "[*map(Decimal, map(str, numbers))]", "from decimal import Decimal")
call("decimal sqrt", "value.sqrt()", "from decimal import Decimal; value = Decimal(2)")

call("Counter of words", "Counter(words)", "from collections import Counter")
call("deque", "d = deque(numbers, 500); d.rotate(100); list(d)", "from collections import deque")
call("deque in and out", "for n in numbers: append(n); popleft()", """
    from collections import deque
    queue = deque(); append, popleft = queue.append, queue.popleft
""")
call("OrderedDict", "OrderedDict(pairs)", "from collections import OrderedDict")
call("defaultdict(int)", "for w in words: counts[w] += 1", """
    from collections import defaultdict
    counts = defaultdict(int)
""")
call("heapq", "h = numbers[:500]; heapify(h); [heappop(h) for _ in range(500)]", "from heapq import heapify, heappop")
call("bisect", "[bisect(order, n) for n in numbers]", "from bisect import bisect; order = sorted(numbers)")
call("itertools.chain, islice", "[*islice(chain(numbers, floats), 3000)]", "from itertools import chain, islice")
call("itertools.product", "deque(product(range(12), repeat=3), 0)", """
    from itertools import product
    from collections import deque
""")
call("itertools.accumulate", "[*accumulate(numbers)]", "from itertools import accumulate")
call("itertools.groupby", "[k for k, _ in groupby(order)]", "from itertools import groupby; order = sorted(words)")
call("zip, enumerate", "[*zip(numbers, words)]; [*enumerate(words)]")
call("map with operator.add", "[*map(add, numbers, floats)]", "from operator import add")
call("operator.itemgetter", "sorted(pairs, key=itemgetter(1))", "from operator import itemgetter")
call("filter None", "[*filter(None, numbers)]")
call("any, all", "any(zeros); all(numbers)", "zeros = [0] * 2000; numbers = [1] * 2000")
call("random.random", "[random() for _ in range(500)]", "from random import random")
call("random.shuffle", "shuffle(numbers)", "shuffle = random.Random(3).shuffle; numbers = numbers[:300]")
call("io.StringIO", "f = StringIO(); f.write(text); f.getvalue()", "from io import StringIO")
call("io.BytesIO lines", "[*BytesIO(lines)]", "from io import BytesIO; lines = data.replace(b' ', b'\\n')")
call("unicodedata.normalize", "normalize('NFD', wide)", "from unicodedata import normalize; wide = text + 'ö'")
call("ast.parse", "parse(source)", "from ast import parse; source = 'x = [a + b * 2 for a in c if d]\\n' * 30")
call("compile", "compile(source, '', 'exec')", "source = 'def f(a): return [a + b for b in a]\\n' * 30")
call("copy of lists, dicts", "copy(numbers); copy(table)", "from copy import copy; table = dict(zip(numbers, words))")
call("gc.collect", "collect()", "from gc import collect; kept = [[i] for i in range(3000)]")
call("memoryview slices", "[bytes(view[i : i + 8]) for i in range(0, 1600, 8)]", "view = memoryview(data)")
call("xml parsed", "fromstring(xml)", """
    from xml.etree.ElementTree import fromstring
    xml = "<r>" + "".join("<i a='%s'>%d</i>" % pair for pair in zip(words[:300], numbers)) + "</r>"
""")
