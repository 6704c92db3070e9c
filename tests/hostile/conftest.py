"""The hostile corpus shares peers, certificates and the name server with the lab."""

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "lab"), str(TESTS / "support"), str(TESTS / "hostile")]
