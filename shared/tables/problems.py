"""The problems of a file: of the whole, which takes in nothing, or of one cell."""

from shared.contracts.reasons import Reason, reason


class FileProblem(Exception):  # noqa: N818 - it is the field's word: nothing has gone wrong, the file has a problem
    """A rule that the file breaks as a whole. Nothing of it is taken in."""

    def __init__(self, code: str, **args: str | int) -> None:
        self.reason: Reason = reason(code, **args)
        super().__init__(code)


class CellProblem(Exception):  # noqa: N818 - likewise
    """A rule that one cell breaks, or the whole row. Never with the value of the cell."""

    def __init__(self, code: str, **args: str | int) -> None:
        self.reason: Reason = reason(code, **args)
        super().__init__(code)
