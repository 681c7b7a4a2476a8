"""Identity numbers of nobody, with a right check character."""

from stdnum.cn.ric import calc_check_digit


def invented_number(born: str = "19800229", *, region: str = "110105", order: int = 1) -> str:
    """The number of somebody born that day, the `order`th of the region."""
    digits = f"{region}{born}{order:03d}"
    return digits + calc_check_digit(digits + "0")
