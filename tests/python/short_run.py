"""Marks what the short run of scripts/test.sh takes: `pytest -m short`."""
import pytest

short = pytest.mark.short


def short_of(values, *names):
    """Parameters, of which the short run takes those named."""
    values = list(values)
    assert set(names) <= set(values), set(names) - set(values)
    return [pytest.param(value, marks=short) if value in names else value for value in values]
