"""Health documents that are not what they seem, and peers that say back what they were sent."""

from __future__ import annotations

from behaviour_table import Row
from scripts import FORBIDDEN, OK, answer, document

GOOD = '{"status": "ok", "ws": {"available": true}}'


def health(name: str, body: str | bytes, **options: str) -> Row:
    return Row(name, document(body, **options), "completed", "health")


ROWS = [
    health("a document that is cut", GOOD[:-2]),
    health("an empty document", ""),
    health("white space alone", " \n\t"),
    health("a document and something behind it", GOOD + "x"),
    health("two documents", GOOD + GOOD),
    health("a comment in the document", "/* fine */" + GOOD),
    health("a comma too many", '{"status": "ok", "ws": {"available": true},}'),
    health("single quotes", GOOD.replace('"', "'")),
    health("NaN", '{"status": "ok", "ws": {"available": NaN}}'),
    health("a key twice, the good one first", '{"status": "ok", "status": "down", "ws": {"available": true}}'),
    health("a key twice, the good one last", '{"status": "down", "status": "ok", "ws": {"available": true}}'),
    health("a nested key twice", '{"status": "ok", "ws": {"available": false, "available": true}}'),
    health("the right words one level too deep", '{"data": {"status": "ok", "ws": {"available": true}}}'),
    health("the right words in a list", f"[{GOOD}]"),
    health("the right words in a string", '{"status": "{\\"status\\": \\"ok\\"}", "ws": {"available": true}}'),
    health("a decoy before the truth", '{"old": {"status": "ok"}, "status": "down", "ws": {"available": true}}'),
    health("a key with a slash", '{"status": "ok", "ws/available": true}'),
    health("true as a string", '{"status": "ok", "ws": {"available": "true"}}'),
    health("true as a number", '{"status": "ok", "ws": {"available": 1}}'),
    health("another case", '{"status": "OK", "ws": {"available": true}}'),
    health("null", '{"status": null, "ws": {"available": true}}'),
    health("a document of null", "null"),
    health("a thousand levels", "[" * 1000 + "]" * 1000),
    health("a hundred thousand levels", "[" * 50000),
    health("a document larger than is kept", '{"x": "' + "y" * 80000 + '", "status": "ok", "ws": {"available": true}}'),
    health("not UTF-8", b'{"status": "ok", "x": "\xff", "ws": {"available": true}}'),
    health("UTF-16", GOOD.encode("utf-16")),
    health("half a surrogate", '{"status": "ok", "x": "\\ud800", "ws": {"available": true}}'),
    health("the page of a single-page application", "<!doctype html><div id=app></div>", kind="text/html"),
    health("the right words with status 206", GOOD, status="206 Partial Content"),
    health("the right words with status 203", GOOD, status="203 Non-Authoritative Information"),
    health("the right words with status 500", GOOD, status="500 Internal Server Error"),
    health("the right words with status 404", GOOD, status="404 Not Found"),
    health("gzip that is none", GOOD.replace("ok", "fine"), extra="Content-Encoding: gzip\r\n"),
    Row("204 without a document", answer("HTTP/1.1 204 No Content\r\n\r\n"), "completed", "health"),
    Row("304 without a document", answer("HTTP/1.1 304 Not Modified\r\n\r\n"), "completed", "health"),
    Row("a redirection to a login", answer("HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n"), "completed", "health"),
    Row("a loop of redirections", answer("HTTP/1.1 307 Temporary Redirect\r\nLocation: /health\r\nContent-Length: 0\r\n\r\n"), "completed",
        "health"),
    Row("terminal escapes in the reason", answer("HTTP/1.1 403 \x1b[2J\x1b]0;x\x07\r\nContent-Length: 0\r\n\r\n"),
        "response/bad_status_line"),
    Row("terminal escapes in a field", answer(FORBIDDEN + "Server: \x1b[31mred\r\nContent-Length: 0\r\n\r\n"),
        "response/bad_header"),
    Row("label-breaking text", answer(FORBIDDEN + 'Server: x"} 1\\n\r\nContent-Length: 12\r\n\r\n"} 1\nevil 1\n'), "rejected 403"),
    Row("a byte order mark", document(b"\xef\xbb\xbf" + GOOD.encode()), "completed", "health"),
    Row("a bare LF after a chunk size", answer(f"{OK}Transfer-Encoding: chunked\r\n\r\n{len(GOOD):x}\n{GOOD}\r\n0\r\n\r\n"),
        "completed", "health", healthy_too=True),  # RFC 9112, section 2.2
    Row("a good document, and more on the connection", answer(f"{OK}Content-Length: {len(GOOD)}\r\n\r\n{GOOD}HTTP/1.1 500 No\r\n\r\n"),
        "completed", "health", healthy_too=True),
    Row("a good document in chunks with extensions", answer(f'{OK}Transfer-Encoding: chunked\r\n\r\n{len(GOOD):x};a="b"\r\n{GOOD}\r\n0\r\n\r\n'),
        "completed", "health", healthy_too=True),
]
