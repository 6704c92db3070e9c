"""What other programs are to read, against the schemas that they publish: Grafana's dashboards and panels, Kubernetes'
objects and those of the Prometheus operator.

TypeScript's compiler finds keys that are not in a schema, keys that are missing and values of the wrong type or outside an
enumeration; the JSON schemas of the same packages find values of a wrong form (durations, quantities, names).
"""

import copy
import json
import pathlib
import re
import shutil
import subprocess

import pytest
import yaml

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parents[1]
DASHBOARDS = sorted((SOURCE / "grafana" / "dashboards").glob("*.json"))
GRAFANA_VERSIONS = ("10", "13")  # the oldest that is promised, and the newest
MANIFESTS = [(file, document) for file in sorted((SOURCE / "packaging" / "kubernetes").glob("*.yaml"))
             for document in yaml.safe_load_all(file.read_text())]
OPERATOR = "monitoring.coreos.com/"

# TypeScript gives an enumeration's member its own type; in JSON it is a string like any other.
JSON_FORM = """\
type Json<T> = T extends string ? `${T}` : T extends (infer Item)[] ? Json<Item>[]
  : T extends object ? { [Key in keyof T]: Json<T[Key]> } : T;
"""


def compile_all(modules, folder, paths):
    """What the compiler says against the .ts files in the folder, each with the line it is about."""
    (folder / "node_modules").symlink_to(modules / "node_modules")
    options = {"strict": True, "noEmit": True, "skipLibCheck": True, "types": [], "target": "es2022", "module": "esnext",
               "moduleResolution": "bundler", "paths": paths}
    (folder / "tsconfig.json").write_text(json.dumps({"compilerOptions": options, "include": ["*.ts"]}))
    compiler = modules / "node_modules" / "typescript" / "bin" / "tsc"
    done = subprocess.run(["node", compiler, "--pretty", "false", "-p", folder], capture_output=True, text=True, timeout=110,
                          check=False)
    said = done.stdout + done.stderr
    for name, line in re.findall(r"([\w-]+\.ts)\((\d+),\d+\): error", said):
        said += f"{name}:{line}: {(folder / name).read_text().splitlines()[int(line) - 1].strip()}\n"
    return said


# ---- Grafana ----

def grafana_paths(modules, version):
    """Where the compiler finds the types of a version: the package, and one file for each kind of panel."""
    package = modules / "node_modules" / f"grafana-schema-{version}" / "dist"
    index = next(file for file in (package / "types" / "index.d.ts", package / "index.d.ts") if file.exists())
    paths = {"@grafana/schema": [str(index)]}
    for panel in package.glob("**/composable/*/panelcfg/x/*types.gen.d.ts"):
        paths[f"panel/{panel.parts[-4]}"] = [str(panel)]
    return paths


def with_options(dashboard):
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def dashboard_text(dashboard):
    """A program that is right where the dashboard is."""
    dashboard = copy.deepcopy(dashboard)
    kinds = sorted({panel["type"] for panel in with_options(dashboard)})
    lines = ['import type { Dashboard } from "@grafana/schema";']
    lines += [f'import type * as {kind} from "panel/{kind}";' for kind in
              (kind.replace("-", "") for kind in kinds)]
    for annotation in dashboard["annotations"]["list"]:  # without Prometheus' own keys, of which there is no published type
        del annotation["titleFormat"], annotation["textFormat"], annotation["target"]["expr"]
    lines += [JSON_FORM, f"export const dashboard: Json<Dashboard> = {json.dumps(dashboard, indent=1)};"]
    for panel in with_options(dashboard):  # Grafana fills in what is not there
        kind = panel["type"].replace("-", "")
        lines.append(f"export const options{panel['id']}: Partial<Json<{kind}.Options>> = {json.dumps(panel['options'])};")
        custom = panel["fieldConfig"]["defaults"].get("custom")
        if custom:
            lines.append(f"export const custom{panel['id']}: Partial<Json<{kind}.FieldConfig>> = {json.dumps(custom)};")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("version", GRAFANA_VERSIONS)
def test_dashboards_are_of_the_type_that_grafana_publishes(modules, tmp_path, version):
    for file in DASHBOARDS:
        (tmp_path / f"{file.stem}.ts").write_text(dashboard_text(json.loads(file.read_text())))
    assert compile_all(modules, tmp_path, grafana_paths(modules, version)) == ""


@pytest.mark.parametrize("version", GRAFANA_VERSIONS)
@pytest.mark.parametrize("mistake, complaint", [
    (lambda dashboard: dashboard.update(titel="x"), "titel"),
    (lambda dashboard: dashboard["panels"][0]["targets"].append("not a query"), "not a query"),
    (lambda dashboard: dashboard["panels"][0]["fieldConfig"]["defaults"].update(decimals="1"), "decimals"),
    (lambda dashboard: dashboard["panels"][0]["options"].update(colorMode="loud"), "colorMode"),
    (lambda dashboard: dashboard["templating"]["list"][0].update(hide="no"), "hide"),
])
def test_mistakes_in_a_dashboard_are_found(modules, tmp_path, version, mistake, complaint):
    dashboard = json.loads(DASHBOARDS[0].read_text())
    mistake(dashboard)
    (tmp_path / "mistaken.ts").write_text(dashboard_text(dashboard))
    assert complaint in compile_all(modules, tmp_path, grafana_paths(modules, version))


# ---- Kubernetes ----

def package_of(document):
    return "@kubernetes-models/prometheus-operator" if document["apiVersion"].startswith(OPERATOR) else "kubernetes-models"


def manifest_text(document):
    kind = document["kind"]
    return (f'import type {{ I{kind} }} from "{package_of(document)}/{document["apiVersion"]}/{kind}";\n'
            f"export const manifest: I{kind} = {json.dumps(document, indent=1)};\n")


def test_manifests_are_of_the_types_that_kubernetes_and_the_operator_publish(modules, tmp_path):
    for number, (file, document) in enumerate(MANIFESTS):
        (tmp_path / f"{file.stem}-{number}.ts").write_text(manifest_text(document))
    assert compile_all(modules, tmp_path, {}) == ""


def schema_problems(modules, documents):
    shutil.copy(HERE / "validate.mjs", modules)
    named = [{"module": f"{package_of(document)}/{document['apiVersion']}/{document['kind']}", "document": document}
             for document in documents]
    done = subprocess.run(["node", "validate.mjs"], cwd=modules, input=json.dumps(named), capture_output=True, text=True,
                          timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_manifests_have_values_of_the_form_that_the_schemas_ask_for(modules):
    assert schema_problems(modules, [document for _, document in MANIFESTS]) == []


@pytest.mark.parametrize("kind, mistake, complaint", [
    ("Deployment", lambda spec: spec["template"]["spec"]["containers"][0].update(imagePullPolicie="Always"), "imagePullPolicie"),
    ("Deployment", lambda spec: spec.update(replicas="3"), "replicas"),
    ("CronJob", lambda spec: spec.update(concurrencyPolicy="Sometimes"), "concurrencyPolicy"),
    ("Probe", lambda spec: spec["prober"].pop("url"), "url"),
    ("PrometheusRule", lambda spec: spec["groups"][0]["rules"][0].update(fore="1m"), "fore"),
])
def test_mistakes_in_a_manifest_are_found_by_the_types(modules, tmp_path, kind, mistake, complaint):
    document = copy.deepcopy(next(document for _, document in MANIFESTS if document["kind"] == kind))
    mistake(document["spec"])
    (tmp_path / "mistaken.ts").write_text(manifest_text(document))
    assert complaint in compile_all(modules, tmp_path, {})


@pytest.mark.parametrize("kind, mistake, complaint", [
    ("Probe", lambda spec: spec.update(interval="30 seconds"), "interval"),
    ("PrometheusRule", lambda spec: spec["groups"][0]["rules"][0].update({"for": "2 minutes"}), "for"),
    ("Deployment", lambda spec: spec["template"]["spec"]["containers"][0]["resources"]["requests"].update(cpu=["10m"]), "cpu"),
])
def test_mistakes_in_a_manifest_are_found_by_the_schemas(modules, kind, mistake, complaint):
    document = copy.deepcopy(next(document for _, document in MANIFESTS if document["kind"] == kind))
    mistake(document["spec"])
    assert complaint in "".join(schema_problems(modules, [document]))
