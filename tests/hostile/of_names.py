"""Name servers: silence, refusals, garbage, loops, answers to something else, and addresses where nobody is."""

from __future__ import annotations

import struct

from behaviour_table import Row
from name_server import (A, AAAA, CNAME, FORM_ERROR, NAME_ERROR, NOT_IMPLEMENTED, REFUSED, SERVER_FAILURE, Answer, Question,
                         Record, addresses, encoded, response)

ZONE = "hostile.test"


def with_code(code: int) -> Answer:
    return lambda question: response(question, code=code)


def records(*those: Record) -> Answer:
    return lambda question: response(question, those)


def wrong_identity(question: Question) -> bytes:
    return bytes([question.raw[0] ^ 0xFF]) + response(question, [Record(A, "127.0.0.1")])[1:]


def another_question(question: Question) -> bytes:
    whole = response(question)
    return whole[:12] + encoded("elsewhere.test") + struct.pack("!HH", question.type, 1)


def truncated(answer_by_tcp: Answer) -> Answer:
    return lambda question: response(question, truncated=True) if question.over == "udp" else answer_by_tcp(question)


def pointing_at_itself(question: Question) -> bytes:
    head = question.raw[:2] + struct.pack("!HHHHH", 0x8180, 1, 1, 0, 0)
    at = 0xC000 | 12
    return head + struct.pack("!H", at) + struct.pack("!HH", question.type, 1) + struct.pack("!HHHIH", at, A, 1, 60, 4) + b"\x7f\0\0\1"


def more_records_than_there_are(question: Question) -> bytes:
    return response(question)[:6] + struct.pack("!H", 0xFFFF) + response(question)[8:]


def an_address_of_three_bytes(question: Question) -> bytes:
    return response(question)[:6] + struct.pack("!H", 1) + response(question)[8:] + encoded(question.name) + \
        struct.pack("!HHIH", question.type, 1, 60, 3) + b"\x7f\0\0"


def silent_about(family: int, otherwise: Answer) -> Answer:
    return lambda question: None if question.type == family else otherwise(question)


LOOP = [Record(CNAME, f"b.{ZONE}", f"a.{ZONE}"), Record(CNAME, f"a.{ZONE}", f"b.{ZONE}")]
DEAD = [f"127.66.{number // 200}.{1 + number % 200}" for number in range(500)]

# The first label of the name says what becomes of it.
ANSWERS: dict[str, tuple[Answer, str]] = {
    "silent": (lambda question: None, "resolve/timeout_resolve"),
    "no-such-name": (with_code(NAME_ERROR), "resolve/dns_not_found"),
    "server-failure": (with_code(SERVER_FAILURE), "resolve/dns_server_failure"),
    "refused": (with_code(REFUSED), "resolve/dns_refused"),
    "form-error": (with_code(FORM_ERROR), "resolve/dns_malformed"),
    "not-implemented": (with_code(NOT_IMPLEMENTED), "resolve/dns_malformed"),
    "no-address": (lambda question: response(question), "resolve/dns_no_address"),
    "garbage": (lambda question: question.raw[:2] + bytes(range(40)), "resolve/timeout_resolve"),
    "two-bytes": (lambda question: question.raw[:2], "resolve/timeout_resolve"),
    "nothing-at-all": (lambda question: b"", "resolve/timeout_resolve"),
    "question-back": (lambda question: question.raw, "resolve/dns_no_address"),
    "wrong-identity": (wrong_identity, "resolve/timeout_resolve"),
    "another-question": (another_question, "resolve/timeout_resolve"),
    "loop": (records(*LOOP), "resolve/dns_no_address"),
    "alias-to-nowhere": (lambda question: response(question, [Record(CNAME, "nowhere.test")]),
                         "resolve/dns_no_address"),
    "pointer": (pointing_at_itself, "resolve/timeout_resolve"),
    "count": (more_records_than_there_are, "resolve/dns_malformed"),
    "three-bytes": (an_address_of_three_bytes, "resolve/dns_no_address"),
    "truncated": (truncated(lambda question: None), "resolve/timeout_resolve"),
    "truncated-then-failure": (truncated(with_code(SERVER_FAILURE)), "resolve/dns_server_failure"),
    "silent-about-both-but-none": (silent_about(A, lambda question: response(question)), "resolve/timeout_resolve"),
    "failure-of-one": (lambda question: response(question, code=SERVER_FAILURE if question.type == A else 0),
                       "resolve/dns_server_failure"),
    "dead": (addresses("127.66.0.9"), "connect/tcp_refused"),
    "five-hundred-dead": (addresses(*DEAD), "connect/tcp_refused"),
    "only-ipv6-dead": (addresses("::1"), "connect/tcp_refused connect/tcp_unreachable"),
    "address-of-none": (addresses("0.0.0.0"), "connect/tcp_refused"),
    "broadcast": (addresses("255.255.255.255"), "connect/tcp_unreachable connect/tcp_not_permitted connect/tcp_error"),
    "multicast": (addresses("224.0.0.1"), "connect/tcp_unreachable connect/tcp_error"),
    "documentation": (addresses("2001:db8::1"), "connect/tcp_unreachable connect/timeout_connect connect/tcp_error"),
}


def answer_by_name(question: Question) -> bytes | None:
    known = ANSWERS.get(question.name.partition(".")[0])
    return known[0](question) if known else response(question, code=NAME_ERROR)


def timeout_of(outcome: str) -> float:
    """A failure is asked for again some times over, which a busy machine's name server may take its time to answer."""
    return 0.6 if "timeout" in outcome else 2.0


ROWS = [Row(f"DNS: {label}", None, outcome, host=f"{label}.{ZONE}", timeout=timeout_of(outcome))
        for label, (_, outcome) in ANSWERS.items()]
