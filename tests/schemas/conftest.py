"""The published schemas, installed by npm as package-lock.json pins them: once for each state of that file, beside the build."""

import hashlib
import os
import pathlib
import shutil
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parents[1]
BUILD = pathlib.Path(os.environ.get("WSPROBE_BUILD", SOURCE / "build"))


@pytest.fixture(scope="session")
def modules():
    """The folder with node_modules."""
    lock = (HERE / "package-lock.json").read_bytes()
    folder = BUILD / "schemas" / hashlib.sha256(lock).hexdigest()[:16]
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(HERE / name, folder)
        done = subprocess.run(["npm", "ci"], cwd=folder, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        (folder / "complete").touch()
    return folder
