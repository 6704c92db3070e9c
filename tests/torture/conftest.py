"""What the torture tests share with the lab: peers on loopback, certificates, the state of a name server."""

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "lab"), str(TESTS / "support"), str(TESTS / "torture")]
