"""The soak shares peers, certificates and the hostile corpus with the other suites."""

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "lab"), str(TESTS / "support"), str(TESTS / "hostile"), str(TESTS / "soak")]
