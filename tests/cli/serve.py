"""A running `wsprobe serve`, and questions to it."""

import contextlib
import http.client
import re
import signal
import ssl
import threading
import time

import conftest


class Daemon:
    def __init__(self, process):
        self.process = process
        self.log = []
        self.changed = threading.Condition()
        self.reader = threading.Thread(target=self._read)
        self.reader.start()
        self.port = int(re.search(r"address=[^ ]*:(\d+)", self.wait_for("msg=listening"))[1])
        self.wait_for("msg=started")

    def _read(self):
        for line in self.process.stderr:
            with self.changed:
                self.log.append(line.rstrip("\n"))
                self.changed.notify_all()
        with self.changed:
            self.log.append(None)
            self.changed.notify_all()

    def wait_for(self, text, count=1, timeout=30):
        """The line of the log that has the text, for the count-th time."""
        with self.changed:
            found = self.changed.wait_for(lambda: self._lines(text, count) or self._ended(), timeout)
            lines = self._lines(text, count)
            assert found and lines, f"no {text!r} in {self.log}"
            return lines[count - 1]

    def _lines(self, text, count):
        lines = [line for line in self.log if line and text in line]
        return lines if len(lines) >= count else None

    def _ended(self):
        return self.log and self.log[-1] is None

    def request(self, path, method="GET", headers=None, context=None):
        """Status, fields and text of the answer."""
        if context:
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=20, context=context)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        with contextlib.closing(connection):
            connection.request(method, path, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read().decode()

    def get(self, path, **options):
        status, _, text = self.request(path, **options)
        assert status == 200, (status, text)
        return text

    def metric(self, series):
        """The value of one series of /metrics, or None."""
        found = re.search(rf"^{re.escape(series)} (\S+)$", self.get("/metrics"), re.MULTILINE)
        return float(found[1]) if found else None

    def wait_for_metric(self, series, least, timeout=30):
        until = time.monotonic() + timeout
        while (value := self.metric(series)) is None or value < least:
            assert time.monotonic() < until, f"{series} is {value}"
            threading.Event().wait(0.05)
        return value

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        code = self.process.wait(timeout=30)
        self.reader.join()
        return code


@contextlib.contextmanager
def serving(*arguments, env=None):
    process = conftest.start("serve", "--web.listen-address", "127.0.0.1:0", *arguments,
                             env={"WSPROBE_TEST_TOKEN": conftest.TOKEN, **(env or {})})
    daemon = None
    try:
        daemon = Daemon(process)
        yield daemon
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        if daemon:
            daemon.reader.join()
        process.stderr.close()
        process.stdout.close()


def trusting(file):
    return ssl.create_default_context(cafile=str(file))
