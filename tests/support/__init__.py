"""What several test files share.

Pytest puts `tests` on the path, so that a test writes `from support.rounding import Rounding`.
"""
