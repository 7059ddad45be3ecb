"""Strings: joins, formatting, slices, character loops and growing by +=."""

WORDS = "the quick brown fox jumps over a lazy dog and runs on".split()


def report(lines):
    parts = []
    for i in range(lines):
        word = WORDS[i % len(WORDS)]
        parts.append(f"{i:05d} {word:>8} {i * 0.5:.2f}")
        parts.append("%s-%d" % (word, i))
        parts.append(word.upper() + "/" + str(i))
    return "\n".join(parts)


def caesar(text, shift):
    result = ""
    for character in text:
        code = ord(character)
        if 97 <= code <= 122:
            character = chr((code - 97 + shift) % 26 + 97)
        result += character
    return result


def palindromes(text, width):
    count = 0
    for start in range(len(text) - width):
        piece = text[start : start + width]
        if piece == piece[::-1]:
            count += 1
    return count


def run():
    text = report(80_000)
    secret = caesar(text[:1_800_000], 3)
    return [len(text), secret[:40], secret.count("a"), palindromes(secret[:800_000], 3)]
