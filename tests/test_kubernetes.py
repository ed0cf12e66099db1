"""packaging/kubernetes and packaging/container, as far as that goes without cluster and engine."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from collector.config.load import load

_ROOT = Path(__file__).parent.parent
_CONTAINER = _ROOT / "packaging" / "container"
_BASE = _ROOT / "packaging" / "kubernetes"
_SECRETS = "/etc/collector-secrets"
_yaml = YAML(typ="safe")
Manifest = dict[str, Any]


@pytest.fixture
def kubectl() -> str:
    found = shutil.which("kubectl")
    if found is None:
        pytest.skip("kubectl is not installed")
    return found


def _rendered(kubectl: str, directory: Path) -> dict[tuple[str, str], Manifest]:
    done = subprocess.run(
        [kubectl, "kustomize", "."], cwd=directory, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    every = [each for each in _yaml.load_all(done.stdout) if each]
    return {(each["kind"], each["metadata"]["name"]): each for each in every}


def _pod(manifest: Manifest) -> Manifest:
    pod: Manifest = manifest["spec"]["template"]["spec"]
    return pod


def _listens() -> set[int]:
    return {
        int(port) for port in re.findall(r"'\[::\]:(\d+)'", (_BASE / "collector.yaml").read_text())
    }


def test_everything_selects_the_pods(kubectl: str) -> None:
    found = _rendered(kubectl, _BASE)
    replicas = found["StatefulSet", "collector"]["spec"]
    labels = replicas["template"]["metadata"]["labels"]
    assert labels == replicas["selector"]["matchLabels"]
    budget = found["PodDisruptionBudget", "collector"]["spec"]
    assert budget["selector"]["matchLabels"] == labels
    services = [each["spec"] for (kind, _), each in found.items() if kind == "Service"]
    assert [service["selector"] for service in services] == [labels] * 3
    assert replicas["serviceName"] in {name for _, name in found}


def test_every_port_is_listened_on_and_let_in(kubectl: str) -> None:
    found = _rendered(kubectl, _BASE)
    (container,) = _pod(found["StatefulSet", "collector"])["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert set(ports.values()) == _listens()
    services = [each["spec"] for (kind, _), each in found.items() if kind == "Service"]
    assert {port["targetPort"] for service in services for port in service["ports"]} == set(ports)
    ingress = found["NetworkPolicy", "collector"]["spec"]["ingress"]
    assert {port["port"] for rule in ingress for port in rule["ports"]} == set(ports)


@pytest.mark.parametrize("file", ["statefulset.yaml", "drain-job.yaml"])
def test_a_container_can_do_little(file: str) -> None:
    pod = _pod(_yaml.load(_BASE / file))
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    may = container["securityContext"]
    assert (may["readOnlyRootFilesystem"], may["allowPrivilegeEscalation"]) == (True, False)
    assert may["capabilities"] == {"drop": ["ALL"]}
    user = f"USER {pod['securityContext']['runAsUser']}:{pod['securityContext']['runAsGroup']}"
    assert user in (_CONTAINER / "Containerfile").read_text().splitlines()


def test_the_configuration_is_valid_with_the_secrets_of_the_example(tmp_path: Path) -> None:
    secret = _yaml.load(_BASE / "secret-example.yaml")["stringData"]
    for name, value in secret.items():
        (tmp_path / name).write_text(value)
    text = (_BASE / "collector.yaml").read_text()
    assert set(re.findall(rf"{_SECRETS}/([\w.]+)", text)) == set(secret)
    path = tmp_path / "collector.yaml"
    path.write_text(text.replace(_SECRETS, str(tmp_path)))
    service = load(path).service
    grace = _pod(_yaml.load(_BASE / "statefulset.yaml"))["terminationGracePeriodSeconds"]
    assert service.shutdown_timeout < grace
    assert str(service.data_dir) == "/var/lib/collector"


def test_the_overlay_of_the_documentation_is_one(kubectl: str, tmp_path: Path) -> None:
    page = (_ROOT / "docs" / "operations.md").read_text()
    blocks = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    (overlay,) = (text for text in blocks if "kind: Kustomization" in text)
    base = os.path.relpath(_BASE, tmp_path)
    text = overlay.replace("../twisted-log-collector/packaging/kubernetes", base)
    (tmp_path / "kustomization.yaml").write_text(text)
    (tmp_path / "collector.yaml").write_text("mine\n")
    for name in _yaml.load(_BASE / "secret-example.yaml")["stringData"]:
        (tmp_path / name).write_text("secret")
    found = _rendered(kubectl, tmp_path)
    assert found["ConfigMap", "collector"]["data"] == {"collector.yaml": "mine\n"}
    monitor = found["ServiceMonitor", "collector"]["spec"]["endpoints"][0]
    credentials = monitor["authorization"]["credentials"]
    assert credentials["key"] in found["Secret", credentials["name"]]["data"]
    (container,) = _pod(found["StatefulSet", "collector"])["containers"]
    assert container["image"].startswith("images.example.com/")


def test_the_image_is_of_this_version() -> None:
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]
    assert _yaml.load(_BASE / "kustomization.yaml")["images"][0]["newTag"] == project["version"]
    (container,) = _pod(_yaml.load(_BASE / "drain-job.yaml"))["containers"]
    assert container["image"] == f"collector:{project['version']}"


def test_what_the_image_copies_is_there() -> None:
    text = (_CONTAINER / "Containerfile").read_text()
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE)
    sources = [_ROOT / source for line in copied for source in line.split()]
    assert len(sources) > 5
    assert all(source.exists() for source in sources)
    assert (_CONTAINER / "probe").stat().st_mode & stat.S_IXOTH
