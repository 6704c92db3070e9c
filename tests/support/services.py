"""Prometheus and what belongs to it, as Debian has them, started on a free port of loopback for a test."""

from __future__ import annotations

import base64
import json
import re
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

LISTENING = re.compile(r'msg="?(?:Listening on|TLS is (?:enabled|disabled)\.)"?.*? address=([\w.:\[\]]+)')
PATIENCE = 30.0


def until(condition, what, patience=PATIENCE):
    """What `condition` returns once that is true."""
    end = time.monotonic() + patience
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < end, f"waited {patience:.0f} s for {what}"
        time.sleep(0.05)


class Service:
    """A child that says on standard error where it listens."""

    def __init__(self, *command, scheme="http", ca=None, credentials=None):
        self.scheme, self.credentials = scheme, credentials
        self.context = ssl.create_default_context(cafile=ca) if ca else None
        self.log, self.address, self.found = [], None, threading.Event()
        self.process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                        text=True)
        self.reader = threading.Thread(target=self._read)
        self.reader.start()
        assert self.found.wait(PATIENCE) and self.address, f"{command[0]} did not start:\n" + "".join(self.log[-20:])

    def _read(self):
        for line in self.process.stderr:
            self.log.append(line)
            match = LISTENING.search(line)
            if match and not self.address:
                self.address = match.group(1)
                self.found.set()
        self.found.set()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.reader.join()
        self.process.stderr.close()

    @property
    def url(self):
        port = self.address.rpartition(":")[2]
        return f"{self.scheme}://{'localhost' if self.context else '127.0.0.1'}:{port}"

    def get(self, path):
        """Status and text."""
        request = urllib.request.Request(self.url + path)
        if self.credentials:
            request.add_header("Authorization", "Basic " + base64.b64encode(self.credentials.encode()).decode())
        try:
            with urllib.request.urlopen(request, timeout=10, context=self.context) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def text(self, path):
        status, text = self.get(path)
        assert status == 200, (status, text)
        return text


class Prometheus(Service):
    def __init__(self, directory, configuration, *options):
        directory = Path(directory)
        file = directory / "prometheus.yml"
        file.write_text(json.dumps(configuration))  # JSON is YAML
        super().__init__("prometheus", f"--config.file={file}", f"--storage.tsdb.path={directory / 'data'}",
                         "--web.listen-address=127.0.0.1:0", "--log.level=info", *options)
        until(lambda: self.get("/-/ready")[0] == 200, "Prometheus to be ready")

    def query(self, expression):
        """The samples as [(labels, value)]; an assertion where it is refused."""
        status, text = self.get("/api/v1/query?" + urllib.parse.urlencode({"query": expression}))
        answer = json.loads(text)
        assert answer["status"] == "success", f"{expression}\n{answer.get('error')}"
        result = answer["data"]["result"]
        if answer["data"]["resultType"] != "vector":
            return result
        return [(sample["metric"], float(sample["value"][1])) for sample in result]

    def alerts(self):
        return json.loads(self.text("/api/v1/alerts"))["data"]["alerts"]


class Alertmanager(Service):
    def __init__(self, directory, configuration_file):
        super().__init__("prometheus-alertmanager", f"--config.file={configuration_file}",
                         f"--storage.path={Path(directory) / 'alertmanager'}", "--web.listen-address=127.0.0.1:0",
                         "--cluster.listen-address=")

    def alerts(self):
        return json.loads(self.text("/api/v2/alerts"))


class Pushgateway(Service):
    def __init__(self, *, web_configuration=None, ca=None, credentials=None):
        more = [f"--web.config.file={web_configuration}"] if web_configuration else []
        super().__init__("prometheus-pushgateway", "--web.listen-address=127.0.0.1:0", *more,
                         scheme="https" if ca else "http", ca=ca, credentials=credentials)


class NodeExporter(Service):
    """With its textfile collector only."""

    def __init__(self, directory):
        super().__init__("prometheus-node-exporter", "--web.listen-address=127.0.0.1:0", "--collector.disable-defaults",
                         "--collector.textfile", f"--collector.textfile.directory={directory}")


def check_metrics(text):
    """What `promtool check metrics` says against it; nothing is good."""
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=30, check=False)
    return (done.stdout + done.stderr).strip() or ("" if done.returncode == 0 else f"exit code {done.returncode}")
