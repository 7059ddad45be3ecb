"""Method calls: instance, inherited, super(), class and static methods, bound methods, defaults and keywords."""

ROUNDS = 270_000


class Counter:
    created = 0

    def __init__(self):
        self.value = 0

    def add(self, amount=1):
        self.value += amount
        return self

    def add_twice(self, amount):
        return self.add(amount).add(amount)

    @classmethod
    def note(cls, count):
        cls.created = count

    @staticmethod
    def clamp(value, low, high):
        return low if value < low else high if value > high else value


class Stepped(Counter):
    def __init__(self, step):
        super().__init__()
        self.step = step

    def add(self, amount=1):
        return super().add(amount * self.step)

    def __call__(self, amount):
        self.value -= amount


def run():
    counter = Counter()
    stepped = Stepped(3)
    bound = counter.add
    for i in range(ROUNDS):
        counter.add()
        counter.add(amount=2)
        bound(i & 3)
        stepped.add_twice(1)
        stepped(counter.clamp(i, 2, 5))
        Stepped.note(i)
    return [counter.value, stepped.value, Stepped.created, Counter.created]
