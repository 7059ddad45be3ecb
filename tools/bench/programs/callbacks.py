"""Callbacks: functions that sorted(), min(), map(), filter(), reduce() and the like are given, and generators that
sum(), any(), join() and dict() consume."""

import functools
import itertools

ROUNDS = 800
PEOPLE = [(f"name{n * 7919 % 1000}", n * 31 % 97) for n in range(400)]


def age(person):
    return person[1]


def is_adult(person):
    return person[1] >= 18


def longer(first, second):
    return first if len(first[0]) >= len(second[0]) else second


def run():
    total = 0
    for _ in range(ROUNDS):
        by_age = sorted(PEOPLE, key=age)
        by_age.sort(key=lambda person: person[0])
        oldest = max(by_age, key=age)
        youngest = min(by_age, key=age)
        adults = list(filter(is_adult, by_age))
        ages = list(map(age, adults))
        total += sum(n * 2 for n in ages) + len(functools.reduce(longer, adults)[0])
        total += any(n > 95 for n in ages) + all(n >= 18 for n in ages)
        total += len(",".join(person[0] for person in adults))
        index = dict((person[0], person) for person in PEOPLE)
        groups = {key: len(list(group)) for key, group in itertools.groupby(sorted(ages), lambda n: n // 10)}
        total += len(index) + len(groups) + oldest[1] - youngest[1]
    return total
