"""A mixed integer program for the solver HiGHS (https://highs.dev): variables, rows, and goals one after another."""

from collections.abc import Mapping
from typing import Final

import highspy
import numpy as np

SECONDS: Final = 60.0
"""The time of one solution at most."""
GAP: Final = 0.01
"""How far a solution may be from the best bound, as a share of it."""
SLACK: Final = 1e-6


class UnsolvedError(RuntimeError):
    """The solver has found no solution within its time."""


class Program:
    """A program in the making. The same program gives the same solution: one thread and one seed."""

    def __init__(self) -> None:
        self._solver = highspy.Highs()
        for name, value in {
            "output_flag": False,
            "threads": 1,
            "random_seed": 0,
            "time_limit": SECONDS,
            "mip_rel_gap": GAP,
        }.items():
            self._solver.setOptionValue(name, value)
        self._count = 0
        self.values: list[float] = []
        """The values of the variables in the last solution."""

    def add(self, most: float, *, whole: bool = True) -> int:
        """Add a variable from 0 to `most`, in whole numbers or any; return its index."""
        self._solver.addVar(0.0, most)
        if whole:
            self._solver.changeColIntegrality(self._count, highspy.HighsVarType.kInteger)
        self._count += 1
        return self._count - 1

    def bound(self, least: float, terms: Mapping[int, float], most: float) -> None:
        """Hold the sum of the variables, each by its factor, between two bounds."""
        indices = np.fromiter(terms, dtype=np.int32)
        factors = np.fromiter(terms.values(), dtype=np.double)
        self._solver.addRow(least, most, len(terms), indices, factors)

    def at_least(self, least: float, terms: Mapping[int, float]) -> None:
        """Hold the sum at a bound or above it."""
        self.bound(least, terms, highspy.kHighsInf)

    def at_most(self, most: float, terms: Mapping[int, float]) -> None:
        """Hold the sum at a bound or below it."""
        self.bound(-highspy.kHighsInf, terms, most)

    def maximize(self, goal: Mapping[int, float]) -> float:
        """Find the largest sum, hold it for the goals that follow, and return it. Raises UnsolvedError."""
        if not goal:
            return 0.0
        best = self._solve(goal, highspy.ObjSense.kMaximize)
        self.at_least(best - SLACK, goal)
        return best

    def minimize(self, goal: Mapping[int, float]) -> float:
        """Find the smallest sum and return it. Raises UnsolvedError."""
        return self._solve(goal, highspy.ObjSense.kMinimize)

    def _solve(self, goal: Mapping[int, float], sense: highspy.ObjSense) -> float:
        for column in range(self._count):
            self._solver.changeColCost(column, goal.get(column, 0.0))
        self._solver.changeObjectiveSense(sense)
        self._solver.run()
        status = self._solver.getInfo().primal_solution_status
        if status != highspy.SolutionStatus.kSolutionStatusFeasible:
            raise UnsolvedError(f"{self._solver.getModelStatus()} with {self._count} variables")
        self.values = list(self._solver.getSolution().col_value)
        return float(self._solver.getInfo().objective_function_value)

    def value(self, variable: int) -> int:
        """Return a whole variable of the last solution."""
        return round(self.values[variable])
