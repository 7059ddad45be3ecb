"""A puzzle on a hexagonal board: numbered tiles go to cells so that each touches as many others as its number says."""

RADIUS = 2
# A solved board: each tile, #, has the number of tiles beside it. The search puts them back.
FILLED = ["###", "#..#", ".####", "#..#", "###"]

NEIGHBOURS = [(1, 0), (0, 1), (-1, 1), (-1, 0), (0, -1), (1, -1)]
EMPTY = -1


class Board:
    def __init__(self, radius):
        span = range(-radius, radius + 1)
        self.cells = [(q, r) for r in span for q in span if abs(q + r) <= radius]
        index = {cell: number for number, cell in enumerate(self.cells)}
        self.neighbours = [
            [index[q + dq, r + dr] for dq, dr in NEIGHBOURS if (q + dq, r + dr) in index] for q, r in self.cells
        ]

    def __len__(self):
        return len(self.cells)


class Search:
    """Fills the cells in order, and goes back where a placed tile can no longer be satisfied."""

    def __init__(self, board, tiles):
        self.board = board
        self.supply = {}
        for tile in tiles:
            self.supply[tile] = self.supply.get(tile, 0) + 1
        self.placed = [None] * len(board)
        self.steps = 0
        self.solutions = 0

    def possible_at(self, cell):
        most = len(self.board.neighbours[cell])
        return [tile for tile, left in self.supply.items() if left and tile <= most]

    def is_consistent(self, cell):
        return all(self.fits(other) for other in [cell, *self.board.neighbours[cell]])

    def fits(self, cell):
        tile = self.placed[cell]
        if tile is None or tile == EMPTY:
            return True
        touching = unknown = 0
        for other in self.board.neighbours[cell]:
            neighbour = self.placed[other]
            if neighbour is None:
                unknown += 1
            elif neighbour != EMPTY:
                touching += 1
        return touching <= tile <= touching + unknown

    def solve(self, cell=0):
        if cell == len(self.board):
            self.solutions += 1
            return
        for tile in self.possible_at(cell):
            self.steps += 1
            self.placed[cell] = tile
            self.supply[tile] -= 1
            if self.is_consistent(cell):
                self.solve(cell + 1)
            self.supply[tile] += 1
            self.placed[cell] = None


def tiles_of(board, filled):
    flat = "".join(filled)
    return [
        sum(flat[other] == "#" for other in board.neighbours[cell]) if flat[cell] == "#" else EMPTY
        for cell in range(len(board))
    ]


def run():
    board = Board(RADIUS)
    search = Search(board, tiles_of(board, FILLED))
    search.solve()
    return [search.solutions, search.steps]
