"""Where the report goes, and what it looks like there."""

import json
import os
import pty
import subprocess

import jsonschema
import pytest
from conftest import SOURCE, start, wsprobe

HEALTHY = ["demo", "healthy"]


def on_a_terminal(*arguments, env=None):
    """What a terminal would show."""
    ours, theirs = pty.openpty()
    process = start(*arguments, env=env, stdout=theirs, stderr=subprocess.DEVNULL)
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # EIO: the other side is closed
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    process.wait()
    return shown.decode()


def test_colour_on_a_terminal_only():
    assert "\x1b[" in on_a_terminal(*HEALTHY)
    assert "\x1b[" not in wsprobe(*HEALTHY).stdout


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=["NO_COLOR", "dumb terminal"])
def test_no_colour_where_it_is_not_wanted(env):
    assert "\x1b[" not in on_a_terminal(*HEALTHY, env=env)


def test_empty_no_color_does_not_count():
    assert "\x1b[" in on_a_terminal(*HEALTHY, env={"NO_COLOR": ""})


@pytest.mark.parametrize("locale", ["C", "POSIX", "en_US.ISO-8859-1"])
def test_ascii_where_the_locale_is_not_utf8(locale):
    assert wsprobe("demo", "try-files", env={"LC_ALL": locale}).stdout.isascii()


def test_output_file_holds_the_report(tmp_path):
    file = tmp_path / "report.json"
    result = wsprobe(*HEALTHY, "--format", "json", "--output", file)
    assert (result.returncode, result.stdout) == (0, "")
    assert json.loads(file.read_text())["schema"] == "wsprobe.report/1"
    assert os.listdir(tmp_path) == ["report.json"]


def test_unwritable_output_is_not_the_services_fault(tmp_path):
    for file in (tmp_path / "none" / "report", tmp_path, "/dev/full"):
        result = wsprobe(*HEALTHY, "--output", file)
        assert result.returncode == 3
        assert result.stderr.startswith("wsprobe: cannot ")


def test_full_disk_on_standard_output():
    with open("/dev/full", "w") as full:
        result = subprocess.run([os.environ["WSPROBE_BINARY"], *HEALTHY], stdout=full, stderr=subprocess.PIPE, text=True)
    assert result.returncode == 3
    assert "No space left on device" in result.stderr


@pytest.mark.parametrize("arguments", [HEALTHY, ["--help"], ["--version"]], ids=["report", "help", "version"])
def test_reader_that_went_away(arguments):
    reader, writer = os.pipe()
    os.close(reader)
    process = start(*arguments, stdout=writer)
    os.close(writer)
    assert "Broken pipe" in process.communicate()[1]
    assert process.returncode == 3


def test_json_follows_the_schema():
    schema = json.loads((SOURCE / "docs" / "report.schema.json").read_text())
    for incident in ("healthy", "try-files", "backend-down"):
        report = json.loads(wsprobe("demo", incident, "--format", "json").stdout)
        jsonschema.validate(report, schema, cls=jsonschema.Draft202012Validator)


def test_phases_sum_to_the_total():
    report = json.loads(wsprobe("demo", "try-files", "--format", "json").stdout)
    for step in report["steps"] + report["experiments"]:
        assert abs(sum(step["phases"].values()) - step["total_seconds"]) < 1e-9
