"""What hostile peers are made of: scripts that answer, break off, flood, or keep quiet."""

from __future__ import annotations

from collections.abc import Callable

from peers import Connection, Script, accept_of, close_frame, field, frame, is_upgrade

FORBIDDEN = "HTTP/1.1 403 Forbidden\r\n"
OK = "HTTP/1.1 200 OK\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n\r\n"
UPGRADE = "Upgrade: websocket"
CONNECTION = "Connection: Upgrade"
ACCEPT = "Sec-WebSocket-Accept: {accept}"


def answer(text: str | bytes, then: Callable[[Connection], None] = Connection.wait) -> Script:
    """Reads a request, says `text`, and then ..."""

    def script(connection: Connection) -> None:
        connection.request()
        connection.send(text)
        then(connection)

    return script


def closing(connection: Connection) -> None:
    del connection  # closed by whoever called


def ending(connection: Connection) -> None:
    """A FIN and nothing else: closing with unread bytes would be a reset."""
    connection.end()
    connection.wait()


def at_once(text: str | bytes, then: Callable[[Connection], None] = Connection.wait) -> Script:
    """Speaks before it is asked."""

    def script(connection: Connection) -> None:
        connection.send(text)
        then(connection)

    return script


def flooding(data: bytes, first: bytes = b"") -> Script:
    return answer(first, lambda connection: connection.flood(data))


def trickling(data: bytes, pause: float = 0.03) -> Script:
    return answer("", lambda connection: connection.trickle(data, pause))


def accepted(then: Callable[[Connection], None], *extra: str) -> Script:
    """A correct 101 to the upgrades, and then ...; a plain 404 to everything else."""

    def script(connection: Connection) -> None:
        request = connection.request()
        if not is_upgrade(request):
            connection.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        connection.accept_upgrade(request, *extra)
        then(connection)

    return script


def saying(*frames: bytes) -> Callable[[Connection], None]:
    def then(connection: Connection) -> None:
        connection.send(b"".join(frames))
        connection.wait()

    return then


def repeating(data: bytes, first: bytes = b"") -> Callable[[Connection], None]:
    def then(connection: Connection) -> None:
        connection.send(first)
        connection.flood(data)

    return then


def switching(*lines: str, status: str = "HTTP/1.1 101 Switching Protocols") -> Script:
    """A 101 with these header fields; `{accept}` is the right key."""

    def script(connection: Connection) -> None:
        request = connection.request()
        right = accept_of(field(request, "Sec-WebSocket-Key"))
        connection.send("\r\n".join([status, *lines, "", ""]).replace("{accept}", right))
        connection.wait()

    return script


def document(body: str | bytes, *, status: str = "200 OK", kind: str = "application/json", extra: str = "") -> Script:
    """A health document, with a right length and everything else as told."""
    data = body.encode() if isinstance(body, str) else body
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{extra}Content-Length: {len(data)}\r\n\r\n"
    return answer(head.encode("latin-1") + data)


def correct_session(connection: Connection) -> None:
    """Answers pings and the close, as an application does."""
    while True:
        head = connection.exactly(2)
        mask, payload = connection.exactly(4), connection.exactly(head[1] & 0x7F)
        text = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
        if head[0] & 15 == 9:
            connection.send(frame(10, text))
        if head[0] & 15 == 8:
            connection.send(close_frame(1000))
            return
