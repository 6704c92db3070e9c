"""The token appears in no output, whatever is run and however it ends."""

import pytest
from conftest import TOKEN, wsprobe

AS_SEEN = (TOKEN, TOKEN.replace("-", "%2D"))


def assert_unseen(result):
    for text in AS_SEEN:
        assert text not in result.stdout
        assert text not in result.stderr


@pytest.mark.parametrize("output", [[], ["-v"], ["--format", "json"]], ids=["human", "verbose", "json"])
@pytest.mark.parametrize("place", [[], ["--token-header", "Authorization"], ["--token-cookie", "sid"],
                                   ["--token-subprotocol", "bearer"]], ids=["query", "header", "cookie", "subprotocol"])
def test_diagnose(reflecting_application, output, place):
    url = f"ws://127.0.0.1:{reflecting_application.port}/api/ws"
    assert_unseen(wsprobe("diagnose", url, "--token-env", "T", *place, *output, env={"T": TOKEN}))
    # As the wrong token nothing accepts it, and the application sends it back.
    assert_unseen(wsprobe("diagnose", url, "--token-env", "T", "--token-param", "other", *output, env={"T": TOKEN}))


@pytest.mark.parametrize("output", [[], ["-v"], ["--format", "json"]], ids=["human", "verbose", "json"])
def test_run_and_headers(reflecting_application, write_scenario, output):
    file = write_scenario(reflecting_application.port)
    assert_unseen(wsprobe("run", file, *output, env={"WSPROBE_TEST_TOKEN": TOKEN}))
    assert_unseen(wsprobe("run", file, "-H", f"Authorization: Bearer {TOKEN}", *output, env={"WSPROBE_TEST_TOKEN": "another"}))
    assert_unseen(wsprobe("check", file, env={"WSPROBE_TEST_TOKEN": TOKEN}))


@pytest.mark.parametrize("arguments", [
    ["diagnose", f"ws://127.0.0.1/ws?token={TOKEN}"],
    ["diagnose", f"ws://user:{TOKEN}@127.0.0.1/ws"],
    ["diagnose", "ws://127.0.0.1/ws", "--token", TOKEN],
    ["diagnose", "ws://127.0.0.1/ws", f"--token={TOKEN}"],
    ["diagnose", "ws://127.0.0.1/ws", TOKEN],
    ["run", "-H", f"Authorization {TOKEN}", "x.yaml"],
    ["run", "-H", f"Upgrade: {TOKEN}", "x.yaml"],
    ["diagnose", TOKEN],
])
def test_refusals(arguments):
    result = wsprobe(*arguments)
    assert result.returncode == 2
    assert_unseen(result)


def test_unusable_token_is_not_shown(tmp_path):
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\nsecond line\n")
    result = wsprobe("diagnose", "ws://127.0.0.1/ws", "--token-file", file)
    assert result.returncode == 2
    assert_unseen(result)
