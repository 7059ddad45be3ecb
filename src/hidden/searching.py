# Methods of lists and tuples that compare their items with a value.


def index_in_list(self, value):
    i = 0
    while i < len(self):
        item = self[i]
        if item is value or item == value:
            return i
        i += 1
    raise ValueError(f"{value!r} is not in list")


def count_in_list(self, value):
    count = 0
    i = 0
    while i < len(self):
        item = self[i]
        if item is value or item == value:
            count += 1
        i += 1
    return count


def remove_from_list(self, value):
    i = 0
    while i < len(self):
        item = self[i]
        if item is value or item == value:
            # A comparison may have made the list shorter.
            del self[i : i + 1]
            return
        i += 1
    raise ValueError("list.remove(x): x not in list")


def index_in_tuple(self, value):
    i = 0
    for item in self:
        if item is value or item == value:
            return i
        i += 1
    raise ValueError("tuple.index(x): x not in tuple")


def count_in_tuple(self, value):
    count = 0
    for item in self:
        if item is value or item == value:
            count += 1
    return count
