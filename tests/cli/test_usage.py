"""A command line that cannot be used: exit code 2, the whole message on standard error, nothing on standard output."""

import pytest
from conftest import wsprobe

CASES = {
    "no command": (
        [],
        "wsprobe: a command is needed\n"
        "  wsprobe\n"
        "          ^\n"
        "  commands: run, check, diagnose, demo, explain, lint, serve; see `wsprobe --help`\n",
    ),
    "unknown command": (
        ["dignose", "ws://127.0.0.1/ws"],
        "wsprobe: `dignose` is not a command\n"
        "  wsprobe dignose ws://127.0.0.1/ws\n"
        "          ^^^^^^^\n"
        "  did you mean `diagnose`?\n",
    ),
    "unknown option": (
        ["run", "--tiemout", "1s", "a.yaml"],
        "wsprobe: unknown option `--tiemout`\n"
        "  wsprobe run --tiemout 1s a.yaml\n"
        "              ^^^^^^^^^\n"
        "  did you mean `--timeout`?\n",
    ),
    "unknown format": (
        ["run", "--format", "xml", "a.yaml"],
        "wsprobe: --format: `xml` is not a format\n"
        "  wsprobe run --format xml a.yaml\n"
        "                       ^^^\n"
        "  allowed: human, json, junit, nagios, prometheus\n",
    ),
    "value missing": (
        ["run", "a.yaml", "--timeout"],
        "wsprobe: --timeout needs a value: TIME\n"
        "  wsprobe run a.yaml --timeout\n"
        "                     ^^^^^^^^^\n",
    ),
    "file missing": (
        ["run"],
        "wsprobe: `run` needs a FILE\n"
        "  wsprobe run\n"
        "              ^\n"
        "  see `wsprobe run --help`\n",
    ),
    "not a WebSocket URL": (
        ["diagnose", "https://127.0.0.1/ws"],
        None,
    ),
    "port out of range": (["diagnose", "ws://127.0.0.1:70000/ws"], None),
    "no host": (["diagnose", "ws:///ws"], None),
    "header without a colon": (
        ["run", "-H", "secret-word", "a.yaml"],
        "wsprobe: --header: a header is written `NAME: VALUE`\n"
        "  wsprobe run -H *** a.yaml\n"
        "                 ^^^\n",
    ),
    "token on the command line": (
        ["diagnose", "ws://127.0.0.1/ws", "--token", "secret-word"],
        "wsprobe: a token on the command line can be read by others on this machine\n"
        "  wsprobe diagnose ws://127.0.0.1/ws --token ***\n"
        "                                     ^^^^^^^\n"
        "  use --token-file FILE or --token-env VAR\n",
    ),
    "token in the URL": (
        ["diagnose", "ws://127.0.0.1/ws?token=secret-word"],
        "wsprobe: a token in the URL can be read by others on this machine\n"
        "  wsprobe diagnose 'ws://127.0.0.1/ws?token=***'\n"
        "                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "  leave `token` out of the URL and use --token-file FILE or --token-env VAR, with --token-param token\n",
    ),
    "token variable not set": (["diagnose", "ws://127.0.0.1/ws", "--token-env", "WSPROBE_UNSET"], None),
    "second hop is no WebSocket": (
        ["diagnose", "ws://127.0.0.1/ws", "--direct", "ws://127.0.0.1:1", "--direct", "http://127.0.0.1:2"],
        "wsprobe: --direct: the URL has to begin with ws:// or wss://, not `http://`\n"
        "  wsprobe diagnose ws://127.0.0.1/ws --direct ws://127.0.0.1:1 --direct http://127.0.0.1:2\n"
        "                                                                        ^^^^^^^^^^^^^^^^^^\n",
    ),
    "witness that is not there": (
        ["diagnose", "ws://127.0.0.1/ws", "--witness-file", "proxy=/nonexistent/access.log"],
        "wsprobe: --witness-file: cannot be read: No such file or directory\n"
        "  wsprobe diagnose ws://127.0.0.1/ws --witness-file proxy=/nonexistent/access.log\n"
        "                                                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "  whose log it is may be said first: proxy=..., backend=...\n",
    ),
    "witness that wants a shell": (
        ["diagnose", "ws://127.0.0.1/ws", "--witness-command", "docker logs $APP"],
        None,
    ),
    "incident": (
        ["demo", "flood"],
        "wsprobe: `flood` is not an incident\n"
        "  wsprobe demo flood\n"
        "               ^^^^^\n"
        "  allowed: healthy, try-files, wrong-token, proxy-403, upgrade-stripped, backend-down\n",
    ),
}


@pytest.mark.parametrize("arguments, message", CASES.values(), ids=CASES.keys())
def test_refusal(arguments, message):
    result = wsprobe(*arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("wsprobe: ")
    assert "^" in result.stderr
    assert "secret-word" not in result.stderr
    if message is not None:
        assert result.stderr == message


def test_refusal_names_the_variable():
    result = wsprobe("diagnose", "ws://127.0.0.1/ws", "--token-env", "WSPROBE_UNSET")
    assert "WSPROBE_UNSET" in result.stderr.splitlines()[0]


@pytest.mark.parametrize("command", ["run", "check", "diagnose", "demo", "explain"])
def test_help(command):
    result = wsprobe(command, "--help")
    assert (result.returncode, result.stderr) == (0, "")
    assert "Examples:\n" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 110


def test_version():
    result = wsprobe("--version")
    assert result.returncode == 0
    assert result.stdout.startswith("wsprobe 0.")
