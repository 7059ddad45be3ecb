"""Go: random games played out on a small board, with groups of stones, their liberties, captures and scoring."""

SIZE = 9
GAMES = 100
LONGEST_GAME = 160

EMPTY, BLACK, WHITE = ".", "X", "O"
OTHER = {BLACK: WHITE, WHITE: BLACK}


def neighbours_of(point):
    row, column = divmod(point, SIZE)
    return [
        r * SIZE + c
        for r, c in ((row - 1, column), (row, column - 1), (row, column + 1), (row + 1, column))
        if 0 <= r < SIZE and 0 <= c < SIZE
    ]


NEIGHBOURS = [neighbours_of(point) for point in range(SIZE * SIZE)]


class Group:
    """Stones of one colour that touch each other, and the empty points beside them."""

    def __init__(self, colour, stones, liberties):
        self.colour = colour
        self.stones = stones
        self.liberties = liberties


class Board:
    def __init__(self):
        self.points = [EMPTY] * (SIZE * SIZE)
        self.groups = {}
        self.empty = set(range(SIZE * SIZE))
        self.forbidden = None
        self.captures = {BLACK: 0, WHITE: 0}

    def is_eye(self, point, colour):
        return all(self.points[other] == colour for other in NEIGHBOURS[point])

    def is_legal(self, point, colour):
        if point == self.forbidden or self.points[point] != EMPTY:
            return False
        for other in NEIGHBOURS[point]:
            if self.points[other] == EMPTY:
                return True
            in_atari = len(self.groups[other].liberties) == 1
            if in_atari != (self.points[other] == colour):
                return True
        return False

    def play(self, point, colour):
        self.points[point] = colour
        self.empty.discard(point)
        self.forbidden = None
        liberties = {other for other in NEIGHBOURS[point] if self.points[other] == EMPTY}
        group = Group(colour, {point}, liberties)
        for other in NEIGHBOURS[point]:
            neighbour = self.groups.get(other)
            if neighbour is not None and neighbour is not group and neighbour.colour == colour:
                group.stones |= neighbour.stones
                group.liberties |= neighbour.liberties
        for stone in group.stones:
            self.groups[stone] = group
        group.liberties.discard(point)
        self.capture_around(point, colour)

    def capture_around(self, point, colour):
        for other in NEIGHBOURS[point]:
            group = self.groups.get(other)
            if group is not None and group.colour != colour:
                group.liberties.discard(point)
                if not group.liberties:
                    self.remove(group)
                    if len(group.stones) == 1:
                        self.forbidden = other

    def remove(self, group):
        self.captures[OTHER[group.colour]] += len(group.stones)
        for stone in group.stones:
            self.points[stone] = EMPTY
            self.empty.add(stone)
            del self.groups[stone]
        for stone in group.stones:
            for other in NEIGHBOURS[stone]:
                if other in self.groups:
                    self.groups[other].liberties.add(stone)

    def score(self, colour):
        area = sum(point == colour for point in self.points)
        return area + sum(self.is_eye(point, colour) for point in self.empty)


class Player:
    def __init__(self, seed):
        self.state = seed

    def choose(self, board, colour):
        candidates = sorted(board.empty)
        while candidates:
            self.state = (self.state * 69_069 + 1) & 0xFFFFFFFF
            number = (self.state >> 8) % len(candidates)
            point = candidates[number]
            if board.is_legal(point, colour) and not board.is_eye(point, colour):
                return point
            candidates[number] = candidates[-1]
            candidates.pop()
        return None


def play_game(seed):
    board, player = Board(), Player(seed)
    colour, passes, moves = BLACK, 0, 0
    while passes < 2 and moves < LONGEST_GAME:
        point = player.choose(board, colour)
        if point is None:
            passes += 1
        else:
            passes = 0
            board.play(point, colour)
        colour = OTHER[colour]
        moves += 1
    return [moves, board.score(BLACK) - board.score(WHITE), board.captures[BLACK] + board.captures[WHITE]]


def run():
    return [sum(column) for column in zip(*(play_game(seed) for seed in range(1, GAMES + 1)))]
