"""These functions write numbers in findings and reports."""


def format_count(n: int) -> str:
    """Write a whole number, with commas from 10,000 on: 1009, but 10,000."""
    return f"{n:,}" if n >= 10_000 else str(n)


def rounded(x: float) -> float:
    """Round x to three digits, so that 10 * 0.03 gives 0.3 and not 0.30000000000000004."""
    return float(f"{x:.3g}")


def times(factor: float) -> str:
    """Write a factor with one digit, which is all that is known of it."""
    one_digit = f"{factor:.1g}"
    return one_digit if factor >= 1e9 else format_count(round(float(one_digit)))
