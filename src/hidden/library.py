# What modules of the standard library do in C code, where that calls back.


# _abc
#
# What it knows of a class is not held in a variable: it cannot be pickled.


def abc_instancecheck(cls, instance):
    subclass = instance.__class__
    if is_in_abc_cache(cls._abc_impl, subclass):
        return True
    kind = type(instance)
    if subclass is not kind:
        result = cls.__subclasscheck__(subclass)
        return result if result else cls.__subclasscheck__(kind)
    if is_in_abc_negative_cache(cls._abc_impl, subclass):
        return False
    return cls.__subclasscheck__(subclass)


def abc_subclasscheck(cls, subclass):
    if is_in_abc_cache(cls._abc_impl, subclass):
        return True
    renew_abc_negative_cache(cls._abc_impl)
    if is_in_abc_negative_cache(cls._abc_impl, subclass):
        return False
    answer = cls.__subclasshook__(subclass)
    if answer is not NotImplemented:
        if answer is not True and answer is not False:
            raise AssertionError("__subclasshook__ must return either False, True, or NotImplemented")
        add_to_abc_cache(cls._abc_impl, subclass, answer)
        return answer
    if cls in type.__dict__["__mro__"].__get__(subclass):
        add_to_abc_cache(cls._abc_impl, subclass, True)
        return True
    registered = abc_registry(cls._abc_impl)
    for each in registered:
        if each is subclass:
            return True
    for each in registered:
        if issubclass(subclass, each):
            add_to_abc_cache(cls._abc_impl, subclass, True)
            return True
    subclasses = cls.__subclasses__()
    if not isinstance(subclasses, list):
        raise TypeError("__subclasses__() must return a list")
    for each in subclasses:
        if issubclass(subclass, each):
            add_to_abc_cache(cls._abc_impl, subclass, True)
            return True
    add_to_abc_cache(cls._abc_impl, subclass, False)
    return False


# _sre


def substitute(pattern, repl, string, count):
    search = pattern.scanner(string).search
    pieces = []
    position = 0
    done = 0
    while not count or done < count:
        match = search()
        if match is None:
            break
        start, end = match.span()
        if position < start:
            pieces.append(string[position:start])
        piece = repl(match)
        if piece is not None:
            pieces.append(piece)
        position = end
        done += 1
    if position < len(string):
        pieces.append(string[position:])
    return string[:0].join(pieces), done


def pattern_sub(pattern, repl, string, count=0):
    return substitute(pattern, repl, string, count)[0]


def pattern_subn(pattern, repl, string, count=0):
    return substitute(pattern, repl, string, count)


# _heapq


def is_less(one, other):
    kind = type(one)
    if type(other) is kind and (kind is tuple or kind is list):
        i = 0
        while i < len(one) and i < len(other):
            mine = one[i]
            its = other[i]
            if mine is not its and not mine == its:
                return mine < its
            i += 1
        return len(one) < len(other)
    return one < other


def sift_down(heap, start, position, is_max):
    size = len(heap)
    is_nested = type(heap[position]) is tuple or type(heap[position]) is list
    while position > start:
        parent = (position - 1) >> 1
        less, more = (parent, position) if is_max else (position, parent)
        less = heap[less]
        more = heap[more]
        if is_less(less, more) if is_nested else less < more:
            goes_up = True
        else:
            goes_up = False
        if len(heap) != size:
            raise RuntimeError("list changed size during iteration")
        if not goes_up:
            return
        heap[parent], heap[position] = heap[position], heap[parent]
        position = parent


def sift_up(heap, position, is_max):
    size = len(heap)
    start = position
    is_nested = type(heap[position]) is tuple or type(heap[position]) is list
    limit = size >> 1
    while position < limit:
        child = 2 * position + 1
        if child + 1 < size:
            less, more = (child + 1, child) if is_max else (child, child + 1)
            less = heap[less]
            more = heap[more]
            if not (is_less(less, more) if is_nested else less < more):
                child += 1
            if len(heap) != size:
                raise RuntimeError("list changed size during iteration")
        heap[child], heap[position] = heap[position], heap[child]
        position = child
    sift_down(heap, start, position, is_max)


def heap_push(heap, item):
    heap.append(item)
    sift_down(heap, 0, len(heap) - 1, False)


def pop_from_heap(heap, is_max):
    if not heap:
        raise IndexError("index out of range")
    last = heap.pop()
    if not heap:
        return last
    first = heap[0]
    heap[0] = last
    sift_up(heap, 0, is_max)
    return first


def heap_pop(heap):
    return pop_from_heap(heap, False)


def heap_pop_max(heap):
    return pop_from_heap(heap, True)


def replace_in_heap(heap, item, is_max):
    if not heap:
        raise IndexError("index out of range")
    first = heap[0]
    heap[0] = item
    sift_up(heap, 0, is_max)
    return first


def heap_replace(heap, item):
    return replace_in_heap(heap, item, False)


def heap_replace_max(heap, item):
    return replace_in_heap(heap, item, True)


def heap_pushpop(heap, item):
    if not heap or not is_less(heap[0], item):
        return item
    return replace_in_heap(heap, item, False)


def make_heap(heap, is_max):
    size = len(heap)
    half = size >> 1
    if size <= 2500:
        while half > 0:
            half -= 1
            sift_up(heap, half, is_max)
        return
    # What has just become a subheap is still in the processor's cache when its parent is due.
    leftmost = (1 << ((half + 1).bit_length() - 1)) - 1
    for first, end in ((leftmost - 1, (half >> 1) - 1), (half - 1, leftmost - 1)):
        for i in range(first, end, -1):
            sift_up(heap, i, is_max)
            while i & 1:
                i >>= 1
                sift_up(heap, i, is_max)


def heap_make(heap):
    make_heap(heap, False)


def heap_make_max(heap):
    make_heap(heap, True)


# _bisect


def place_in_sorted(a, x, lo, hi, key, is_behind_equals):
    if lo < 0:
        raise ValueError("lo must be non-negative")
    if hi is None or hi == -1:
        hi = len(a)
    while lo < hi:
        middle = (lo + hi) // 2
        item = a[middle]
        if key is not None:
            item = key(item)
        if is_less(x, item) if is_behind_equals else not is_less(item, x):
            hi = middle
        else:
            lo = middle + 1
    return lo


def bisect_right_(a, x, lo=0, hi=None, *, key=None):
    return place_in_sorted(a, x, lo, hi, key, True)


def bisect_left_(a, x, lo=0, hi=None, *, key=None):
    return place_in_sorted(a, x, lo, hi, key, False)


def insort_right_(a, x, lo=0, hi=None, *, key=None):
    place = place_in_sorted(a, x if key is None else key(x), lo, hi, key, True)
    a.insert(place, x)


def insort_left_(a, x, lo=0, hi=None, *, key=None):
    place = place_in_sorted(a, x if key is None else key(x), lo, hi, key, False)
    a.insert(place, x)


# functools.cmp_to_key()


def compare_keys(one, other, operation):
    answer = one.c_key_compare(one.c_key_object, other.c_key_object)
    if operation == 0:
        return answer < 0
    if operation == 1:
        return answer <= 0
    if operation == 2:
        return answer == 0
    if operation == 3:
        return answer != 0
    return answer > 0 if operation == 4 else answer >= 0
