"""The package, the units, and the files for containers and clusters."""

import contextlib
import gzip
import json
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import time

import pytest
import yaml

from conftest import BINARY, SOURCE, environment, wsprobe
from serve import serving

PACKAGING = SOURCE / "packaging"
BUILD = pathlib.Path(BINARY).resolve().parent


def call(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=110, check=False, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """The .deb, made of the binary under test."""
    directory = tmp_path_factory.mktemp("package")
    call("cmake", "--build", BUILD, "--target", "wsprobe_documentation")
    call("cpack", "--config", BUILD / "CPackConfig.cmake", "-B", directory)
    (found,) = directory.glob("*.deb")
    return found


@pytest.fixture(scope="module")
def root(package, tmp_path_factory):
    """A scratch root with the package installed by dpkg itself, its scripts included."""
    root = tmp_path_factory.mktemp("root")
    for folder in ("var/lib/dpkg/info", "var/lib/dpkg/updates", "var/log"):
        (root / folder).mkdir(parents=True)
    (root / "var/lib/dpkg/status").touch()
    call("dpkg", f"--root={root}", "--force-script-chrootless", "--force-not-root", "--force-depends", "-i", package)
    return root


def test_the_package_says_what_it_is_and_needs(package):
    fields = call("dpkg-deb", "-f", package)
    assert re.search(r"^Package: wsprobe$", fields, re.MULTILINE)
    assert re.search(r"^Depends: .*libssl3.*ca-certificates|^Depends: .*ca-certificates.*libssl3", fields, re.MULTILINE)


def test_everything_is_installed_and_the_binary_runs(root):
    for path in ("usr/bin/wsprobe", "lib/systemd/system/wsprobe.service", "lib/systemd/system/wsprobe-run@.timer",
                 "etc/wsprobe/wsprobe.yml", "etc/wsprobe/scenarios", "usr/share/wsprobe/scenarios/incident.yaml",
                 "usr/share/wsprobe/grafana/dashboards/overview.json", "usr/share/wsprobe/prometheus/alerts.rules.yml",
                 "usr/share/bash-completion/completions/wsprobe", "usr/share/zsh/vendor-completions/_wsprobe",
                 "usr/share/fish/vendor_completions.d/wsprobe.fish", "usr/share/doc/wsprobe/runbooks/WsProbeStale.md",
                 "usr/share/man/man1/wsprobe.1.gz", "usr/share/doc/wsprobe/changelog.gz", "usr/share/doc/wsprobe/copyright"):
        assert (root / path).exists(), path
    assert "wsprobe " in call(root / "usr/bin/wsprobe", "--version")
    status = (root / "var/lib/dpkg/status").read_text()
    assert "Status: install ok installed" in status and "/etc/wsprobe/wsprobe.yml" in status  # a conffile


def test_what_is_shipped_runs_from_where_it_is_installed(root, write_scenario, application):
    installed = root / "usr/bin/wsprobe"
    shipped = root / "usr/share/wsprobe/scenarios"
    call(installed, "check", shipped / "minimal.yaml", shipped / "incident.yaml", env=environment(SWARMLET_WS_TOKEN="a-token"))
    with serving(write_scenario(application.port)) as daemon:  # what a container asks itself
        call(installed, "run", "--connect-to", f"127.0.0.1:9808:127.0.0.1:{daemon.port}", root / "usr/share/wsprobe/self.yaml",
             env=environment())


def test_removing_it_keeps_the_configuration_and_purging_does_not(root):
    (root / "etc/wsprobe/wsprobe.yml").write_text("scenarios: [mine.yaml]\n")
    options = (f"--root={root}", "--force-script-chrootless", "--force-not-root")
    call("dpkg", *options, "-r", "wsprobe")
    assert (root / "etc/wsprobe/wsprobe.yml").exists() and not (root / "usr/bin/wsprobe").exists()
    call("dpkg", *options, "-P", "wsprobe")
    assert not (root / "etc/wsprobe/wsprobe.yml").exists()


def test_the_units_pass_verification(package, tmp_path):
    call("dpkg-deb", "-x", package, tmp_path)
    # Verification wants to find the program that a unit starts.
    for unit in ("wsprobe.service", "wsprobe-run@.service", "wsprobe-run@.timer"):
        text = (tmp_path / "lib/systemd/system" / unit).read_text()
        (tmp_path / unit).write_text(text.replace("/usr/bin/wsprobe", str(tmp_path / "usr/bin/wsprobe")))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", "wsprobe.service", "wsprobe-run@x.service",
                           "wsprobe-run@x.timer"], cwd=tmp_path, capture_output=True, text=True, check=False,
                          env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"})
    about_ours = [line for line in (done.stdout + done.stderr).splitlines() if "wsprobe" in line]
    assert done.returncode == 0 and about_ours == [], done.stdout + done.stderr


@pytest.mark.parametrize("unit", ["wsprobe.service", "wsprobe-run@.service"])
def test_the_units_are_confined(unit):
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=20", PACKAGING / "systemd" / unit],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_man_page_is_well_formed_and_has_every_command(package, tmp_path):
    call("dpkg-deb", "-x", package, tmp_path)
    page = tmp_path / "usr/share/man/man1/wsprobe.1.gz"
    text = gzip.decompress(page.read_bytes()).decode()
    done = subprocess.run(["man", "--warnings", "-l", page], capture_output=True, text=True, check=False,
                          env={**os.environ, "LC_ALL": "C.UTF-8", "MANROFFSEQ": ""})
    assert done.returncode == 0 and done.stderr == "", done.stderr
    for command in ("run", "check", "diagnose", "demo", "serve", "explain"):
        assert f".SH {command.upper()}\n" in text
        options = set(re.findall(r"--[a-z][\w.-]*", wsprobe(command, "--help").stdout.split("\n\n", 1)[1]))
        for option in options & {"--textfile", "--push", "--format", "--storage.path", "--token-file"}:
            assert option.replace("-", "\\-") in text, option


def test_bash_completes_options_and_words(package, tmp_path):
    call("dpkg-deb", "-x", package, tmp_path)
    completions = tmp_path / "usr/share/bash-completion/completions/wsprobe"

    def complete(*words):
        script = (f"source {completions}; COMP_WORDS=({' '.join(repr(word) for word in words)}); COMP_CWORD={len(words) - 1}; "
                  "_wsprobe; printf '%s\\n' \"${COMPREPLY[@]}\"")
        return call("bash", "-c", script).split()

    assert "diagnose" in complete("wsprobe", "dia")
    assert complete("wsprobe", "run", "--textf") == ["--textfile"]
    assert complete("wsprobe", "run", "--format", "na") == ["nagios"]
    assert "-F _wsprobe wsprobe" in call("bash", "-c", f"source {completions}; complete -p wsprobe")


def test_fish_completes_options_and_words(package, tmp_path):
    call("dpkg-deb", "-x", package, tmp_path)
    completions = tmp_path / "usr/share/fish/vendor_completions.d/wsprobe.fish"

    def complete(line):
        said = call("fish", "--no-config", "-c", f"source {completions}; complete -C '{line}'", env=environment(HOME=str(tmp_path)))
        return [each.split("\t")[0] for each in said.splitlines()]

    assert complete("wsprobe dia") == ["diagnose"]
    assert complete("wsprobe run --textf") == ["--textfile"]
    assert complete("wsprobe run --format na") == ["nagios"]


def test_zsh_completes_options_and_words(package, tmp_path):
    """In a terminal, as somebody types: zsh completes nowhere else."""
    call("dpkg-deb", "-x", package, tmp_path)
    setup = f"fpath=({tmp_path}/usr/share/zsh/vendor-completions $fpath); autoload -Uz compinit; compinit -D -u; PS1=; echo rea''dy"
    with terminal("zsh", "--no-rcs", "--interactive", HOME=str(tmp_path)) as (send, wait_for):
        send(setup + "\n")
        wait_for("ready")
        for typed, wanted in (("wsprobe dia", "wsprobe diagnose"), ("wsprobe run --textf", "wsprobe run --textfile"),
                              ("wsprobe run --format na", "wsprobe run --format nagios")):
            send(typed + "\t")
            wait_for(wanted)
            send("\x15")  # the line away


@contextlib.contextmanager
def terminal(*command, **variables):
    """A program in a terminal of its own: what to type, and what to wait for."""
    child, descriptor = pty.fork()
    if child == 0:
        os.execvpe(command[0], command, environment(TERM="dumb", COLUMNS="200", **variables))
    seen = ""

    def wait_for(text):
        nonlocal seen
        end = time.monotonic() + 30
        while text not in seen:
            ready, _, _ = select.select([descriptor], [], [], max(0.0, end - time.monotonic()))
            assert ready, f"no {text!r} in {seen!r}"
            seen += os.read(descriptor, 4096).decode(errors="replace")
        seen = seen.partition(text)[2]

    try:
        yield lambda text: os.write(descriptor, text.encode()), wait_for
    finally:
        os.close(descriptor)  # hangs up
        os.waitpid(child, 0)


def test_the_packaged_configuration_is_one_that_serve_takes(tmp_path):
    (tmp_path / "scenarios").mkdir()
    shutil.copy(SOURCE / "scenarios" / "minimal.yaml", tmp_path / "scenarios")
    text = (PACKAGING / "wsprobe.yml").read_text().replace("/var/lib/wsprobe", str(tmp_path / "history"))
    (tmp_path / "wsprobe.yml").write_text(text)
    done = wsprobe("serve", "--config.check", "--config.file", tmp_path / "wsprobe.yml")
    assert done.returncode == 0, done.stderr
    assert wsprobe("check", PACKAGING / "self.yaml").returncode == 0


# ---- containers ----

def test_the_compose_file_refers_to_what_is_there():
    compose = yaml.safe_load((PACKAGING / "docker" / "compose.yaml").read_text())
    assert set(compose["services"]) == {"wsprobe", "prometheus", "alertmanager", "grafana"}
    for name, service in compose["services"].items():
        assert ("build" in service) != ("image" in service), name
        assert "image" not in service or re.search(r":v?\d+\.\d+\.\d+$", service["image"]), name
        assert set(service.get("depends_on", [])) <= set(compose["services"])
        for volume in service["volumes"]:
            outside = volume.split(":")[0]
            if outside in compose["volumes"] or outside == "./scenarios":  # the user makes that one
                continue
            assert (PACKAGING / "docker" / outside).resolve().exists(), volume
        for port in service["ports"]:
            assert port.startswith("127.0.0.1:"), port
    build = compose["services"]["wsprobe"]["build"]
    context = (PACKAGING / "docker" / build["context"]).resolve()
    assert context == SOURCE and (context / build["dockerfile"]).is_file()


def test_compose_takes_its_file():
    file = PACKAGING / "docker" / "compose.yaml"
    said = call("docker-compose", "-f", file, "config", env=environment(SWARMLET_WS_TOKEN="a-token"))
    assert set(yaml.safe_load(said)["services"]) == {"wsprobe", "prometheus", "alertmanager", "grafana"}
    done = subprocess.run(["docker-compose", "-f", file, "config"], capture_output=True, text=True, check=False, env=environment())
    assert done.returncode != 0 and "the token that the scenario uses" in done.stderr


def test_grafana_does_not_alert_where_prometheus_does():
    compose = yaml.safe_load((PACKAGING / "docker" / "compose.yaml").read_text())
    mounted = [volume.split(":")[1] for volume in compose["services"]["grafana"]["volumes"]]
    assert not any(f"{path}/".startswith("/etc/grafana/provisioning/alerting/") for path in mounted)
    assert "/etc/grafana/provisioning" not in mounted


@pytest.mark.parametrize("labels, receiver", [
    ({"alertname": "WsProbeUpgradeRefusedByProxy", "fault": "proxy"}, "edge"),
    ({"alertname": "WsProbeUpgradeRefusedByProxy", "fault": "cdn"}, "edge"),
    ({"alertname": "WsProbeUpgradeRefusedByBackend", "fault": "backend"}, "backend"),
    ({"alertname": "WsProbeFailingFromAllVantages", "fault": "frontend"}, "frontend"),
    ({"alertname": "WsProbeInvalidTokenAccepted", "fault": "backend", "category": "security"}, "security"),
    ({"alertname": "WsProbeVerdictUndetermined", "fault": "undetermined"}, "oncall"), ({"alertname": "WsProbeDown"}, "oncall"),
])
def test_alertmanager_sends_to_whoever_can_act(labels, receiver):
    call("amtool", "config", "routes", "test", f"--config.file={PACKAGING / 'docker' / 'alertmanager.yml'}",
         f"--verify.receivers={receiver}", *(f"{name}={value}" for name, value in labels.items()))


def test_nothing_holds_back_that_it_works_from_elsewhere():
    rules = yaml.safe_load((PACKAGING / "docker" / "alertmanager.yml").read_text())["inhibit_rules"]
    for rule in rules:
        (targets,) = [re.fullmatch(r'alertname=~"(.*)"', matcher)[1] for matcher in rule["target_matchers"]]
        assert re.fullmatch(targets, "WsProbeFailingFromAllVantages")
        assert not re.fullmatch(targets, "WsProbeFailingFromOneVantage") and not re.fullmatch(targets, "WsProbeInvalidTokenAccepted")


def test_prometheus_and_alertmanager_take_their_configuration(tmp_path):
    text = (PACKAGING / "docker" / "prometheus.yml").read_text()
    (tmp_path / "prometheus.yml").write_text(text.replace("/etc/prometheus/wsprobe", str(SOURCE / "grafana" / "prometheus")))
    call("promtool", "check", "config", tmp_path / "prometheus.yml")
    call("amtool", "check-config", PACKAGING / "docker" / "alertmanager.yml")


def dockerfile_steps():
    """(instruction, arguments) of the Dockerfile, its continued lines joined."""
    text = re.sub(r"\\\n", " ", (PACKAGING / "docker" / "Dockerfile").read_text())
    return [tuple(line.split(None, 1)) for line in text.splitlines() if line.strip() and not line.startswith("#")]


def test_the_container_runs_as_nobody_in_particular():
    steps = dockerfile_steps()
    assert [arguments for instruction, arguments in steps if instruction == "USER"] == ["65532:65532"]
    names = [instruction for instruction, _ in steps]
    assert names.index("USER") > max(at for at, name in enumerate(names) if name in ("RUN", "COPY"))


def test_the_dockerfile_keeps_to_the_rules_for_dockerfiles():
    steps = dockerfile_steps()
    images = [arguments for instruction, arguments in steps if instruction == "FROM"]
    assert images == ["debian:12-slim AS build", "debian:12-slim"]  # two stages, and never :latest
    assert {instruction for instruction, _ in steps} <= {"FROM", "WORKDIR", "COPY", "RUN", "USER", "VOLUME", "EXPOSE", "HEALTHCHECK",
                                                         "ENTRYPOINT", "CMD"}  # ADD and ENV not among them
    for instruction, arguments in steps:
        if instruction in ("ENTRYPOINT", "CMD"):
            assert json.loads(arguments), "words, not a line for a shell: signals have to reach the program"
        if instruction == "RUN" and "apt-get" in arguments:
            assert "--no-install-recommends" in arguments and "rm -rf /var/lib/apt/lists/*" in arguments
            assert "sudo" not in arguments
        if instruction == "COPY" and "--from" not in arguments:
            assert (SOURCE / arguments.split()[0]).exists(), arguments
    health = next(arguments for instruction, arguments in steps if instruction == "HEALTHCHECK")
    assert json.loads(health.partition(" CMD ")[2])[0] == "/usr/bin/wsprobe"


# ---- clusters ----

OBJECTS = {"ConfigMap": ("v1", "data"), "Service": ("v1", "spec"), "Deployment": ("apps/v1", "spec"),
           "CronJob": ("batch/v1", "spec"), "Probe": ("monitoring.coreos.com/v1", "spec"),
           "PrometheusRule": ("monitoring.coreos.com/v1", "spec"), "ServiceMonitor": ("monitoring.coreos.com/v1", "spec"),
           "PodMonitor": ("monitoring.coreos.com/v1", "spec")}
POD_KEYS = {"automountServiceAccountToken", "containers", "restartPolicy", "volumes"}
CONTAINER_KEYS = {"name", "image", "args", "ports", "readinessProbe", "livenessProbe", "resources", "securityContext",
                  "volumeMounts"}


def cluster_objects():
    for file in sorted((PACKAGING / "kubernetes").glob("*.yaml")):
        for document in yaml.safe_load_all(file.read_text()):
            yield pytest.param(document, id=f"{file.stem}-{document['kind']}")


def pods_of(document):
    if document["kind"] == "Deployment":
        assert document["spec"]["selector"]["matchLabels"].items() <= document["spec"]["template"]["metadata"]["labels"].items()
        yield document["spec"]["template"]["spec"]
    if document["kind"] == "CronJob":
        yield document["spec"]["jobTemplate"]["spec"]["template"]["spec"]


@pytest.mark.parametrize("document", cluster_objects())
def test_cluster_objects_have_the_form_that_kubernetes_takes(document):
    version, body = OBJECTS[document["kind"]]
    assert document["apiVersion"] == version
    assert set(document) == {"apiVersion", "kind", "metadata", body}
    assert re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", document["metadata"]["name"])
    for pod in pods_of(document):
        assert set(pod) <= POD_KEYS
        volumes = {volume["name"] for volume in pod["volumes"]}
        for container in pod["containers"]:
            assert set(container) <= CONTAINER_KEYS
            assert {mount["name"] for mount in container.get("volumeMounts", [])} <= volumes
            ports = {port["name"] for port in container.get("ports", [])}
            for probe in ("readinessProbe", "livenessProbe"):
                assert container.get(probe, {"httpGet": {"port": next(iter(ports), "")}})["httpGet"]["port"] in ports | {""}
        (ours,) = [container for container in pod["containers"] if container["name"] == "wsprobe"]
        assert ours["securityContext"]["runAsNonRoot"] and ours["securityContext"]["readOnlyRootFilesystem"]
        assert ours["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_monitors_select_what_the_manifests_make():
    """Labels and ports by name: the operator says nothing of a monitor that selects nothing."""
    documents = [each.values[0] for each in cluster_objects()]
    for monitor in documents:
        spec = monitor["spec"] if monitor["kind"] in ("ServiceMonitor", "PodMonitor") else None
        if spec is None:
            continue
        wanted = spec["selector"]["matchLabels"].items()
        if monitor["kind"] == "ServiceMonitor":
            ports = [port["name"] for each in documents if each["kind"] == "Service" and wanted <= each["metadata"]["labels"].items()
                     for port in each["spec"]["ports"]]
            asked = {endpoint["port"] for endpoint in spec["endpoints"]}
        else:
            ports = [port["name"] for each in documents if each["kind"] == "Deployment"
                     and wanted <= each["spec"]["template"]["metadata"]["labels"].items()
                     for container in each["spec"]["template"]["spec"]["containers"] for port in container["ports"]]
            asked = {endpoint["port"] for endpoint in spec["podMetricsEndpoints"]}
        assert ports and asked <= set(ports), monitor["metadata"]["name"]


@pytest.mark.parametrize("document", [each for each in cluster_objects() if each.values[0]["kind"] == "ConfigMap"])
def test_configurations_in_cluster_objects_are_ones_that_serve_takes(document, tmp_path):
    for name, text in document["data"].items():
        (tmp_path / name).write_text(text.replace("/run/secrets/wsprobe/token", str(tmp_path / "token")))
    (tmp_path / "token").write_text("a-token-for-this-test\n")
    (tmp_path / "token").chmod(0o600)
    done = wsprobe("serve", "--config.check", "--config.file", tmp_path / "wsprobe.yml")
    assert done.returncode == 0, done.stderr
