"""DeltaBlue-like: an incremental solver for a hierarchy of constraints between variables.

Each constraint has a strength. Where two want to decide the same variable the stronger wins, and the weaker one is
kept, to be tried again when the stronger is removed. A variable's `walk_strength` is that of the weakest constraint
that would have to give way for the variable to be decided by another one.
"""

REQUIRED, STRONG, MEDIUM, WEAK, WEAKEST = range(5)

CHAIN_LENGTH = 1_000
PROJECTION_SIZE = 1_000
EDITS = 200


class Variable:
    def __init__(self, value=0):
        self.value = value
        self.constraints = []
        self.decided_by = None
        self.walk_strength = WEAKEST
        self.mark = 0

    def consumers(self):
        """The enforced constraints that read this variable."""
        return [c for c in self.constraints if c.output is not None and c.output is not self]


class Constraint:
    """`output` is the variable that the constraint decides now, None while it is not enforced."""

    def __init__(self, strength, *variables):
        self.strength = strength
        self.variables = variables
        self.output = None

    def possible_outputs(self):
        return self.variables

    def choose_output(self, mark):
        """Takes the variable that is decided most weakly, if that is weaker than this constraint."""
        self.output = None
        limit = self.strength
        for variable in self.possible_outputs():
            if variable.mark != mark and variable.walk_strength > limit:
                self.output = variable
                limit = variable.walk_strength

    def inputs(self):
        return [v for v in self.variables if v is not self.output]

    def recompute(self):
        output = self.output
        output.walk_strength = self.strength
        for variable in self.possible_outputs():
            if variable is not output and variable.walk_strength > output.walk_strength:
                output.walk_strength = variable.walk_strength
        self.execute()

    def execute(self):
        raise NotImplementedError


class Stay(Constraint):
    """Keeps a variable as it is."""

    def execute(self):
        pass


class Edit(Constraint):
    """Sets a variable from outside."""

    def __init__(self, strength, variable):
        super().__init__(strength, variable)
        self.value = variable.value

    def execute(self):
        self.output.value = self.value


class Equal(Constraint):
    def execute(self):
        first, second = self.variables
        if self.output is first:
            first.value = second.value
        else:
            second.value = first.value


class Scale(Constraint):
    """target = source * factor + offset; factor and offset are never decided by it."""

    def __init__(self, strength, source, factor, offset, target):
        super().__init__(strength, source, factor, offset, target)
        self.source, self.factor, self.offset, self.target = self.variables

    def possible_outputs(self):
        return (self.source, self.target)

    def execute(self):
        if self.output is self.target:
            self.target.value = self.source.value * self.factor.value + self.offset.value
        else:
            self.source.value = (self.target.value - self.offset.value) // self.factor.value


class Solver:
    def __init__(self):
        self.last_mark = 0

    def add(self, constraint):
        for variable in constraint.variables:
            variable.constraints.append(constraint)
        self.enforce(constraint)
        return constraint

    def enforce(self, constraint):
        """Enforces a constraint, then those that it pushed aside, wherever they still find a place."""
        self.last_mark += 1
        while constraint is not None:
            constraint = self.enforce_one(constraint, self.last_mark)

    def enforce_one(self, constraint, mark):
        constraint.choose_output(mark)
        output = constraint.output
        if output is None:
            return None
        pushed_aside = output.decided_by
        if pushed_aside is not None:
            pushed_aside.output = None
        output.decided_by = constraint
        for variable in constraint.variables:
            variable.mark = mark
        for affected in self.downstream(constraint):
            affected.recompute()
        return pushed_aside

    def remove(self, constraint):
        for variable in constraint.variables:
            variable.constraints.remove(constraint)
        output = constraint.output
        if output is None:
            return
        constraint.output = None
        output.decided_by = None
        output.walk_strength = WEAKEST
        for waiting in self.release(output):
            self.enforce(waiting)

    def release(self, variable):
        """Recomputes all that depends on an undecided variable; returns the constraints worth trying again."""
        waiting = []
        pending = [variable]
        while pending:
            variable = pending.pop()
            for constraint in variable.constraints:
                if constraint.output is None:
                    waiting.append(constraint)
            for consumer in variable.consumers():
                consumer.recompute()
                pending.append(consumer.output)
        waiting.sort(key=lambda constraint: constraint.strength)
        return waiting

    def downstream(self, constraint):
        """The constraint and all that follow from it, each after the ones that it depends on."""
        plan = [constraint]
        for step in plan:
            plan.extend(step.output.consumers())
        return plan


def edit(solver, variable, values):
    """Sends values through a variable, with a plan that is made once."""
    constraint = solver.add(Edit(STRONG, variable))
    plan = solver.downstream(constraint)
    for value in values:
        constraint.value = value
        for step in plan:
            step.execute()
    solver.remove(constraint)


def chain(length):
    """Equal variables in a row: edits of the first one arrive at the last."""
    solver = Solver()
    variables = [Variable() for _ in range(length + 1)]
    for left, right in zip(variables, variables[1:]):
        solver.add(Equal(REQUIRED, left, right))
    solver.add(Stay(WEAK, variables[-1]))
    edit(solver, variables[0], range(EDITS))
    return variables[-1].value


def projection(size):
    """Independent scaled pairs: edited from both sides, then all at once by their common factor and offset."""
    solver = Solver()
    factor, offset = Variable(10), Variable(1000)
    sources = [Variable(i) for i in range(size)]
    targets = [Variable() for _ in range(size)]
    for source, target in zip(sources, targets):
        solver.add(Stay(MEDIUM, source))
        solver.add(Scale(REQUIRED, source, factor, offset, target))
    edit(solver, sources[size // 2], [17])
    edit(solver, targets[size // 3], [1050])
    edit(solver, factor, range(1, EDITS))
    edit(solver, offset, range(EDITS))
    return sum(v.value for v in sources) + sum(v.value for v in targets)


def run():
    return [chain(CHAIN_LENGTH), projection(PROJECTION_SIZE)]
