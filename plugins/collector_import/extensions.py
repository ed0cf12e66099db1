"""Extensions: what does their work here."""

from __future__ import annotations

_HERE = "it is applied where it is used"

EXTENSIONS = {
    "health_check": "/healthz and /readyz of service.admin",
    "healthcheckv2": "/healthz and /readyz of service.admin",
    "pprof": "the process has no profiler; py-spy looks at a running one",
    "zpages": "the status page of service.admin, and collector tap",
    "file_storage": "queues are on the disk already, below service.data_dir",
    "db_storage": "queues are on the disk already, below service.data_dir",
    "redis_storage": "queues are on the disk already, below service.data_dir",
    "memory_ballast": "service.memory_limit bounds what waits in memory",
    "bearertokenauth": _HERE,
    "basicauth": _HERE,
    "headers_setter": "headers of an exporter are the same for all",
    "oauth2client": "tokens are not fetched: an exporter has headers, from ${env:} or ${file:}",
    "oidc": "a receiver has tokens, or client certificates",
    "sigv4auth": "requests are not signed",
    "opamp": "nobody manages this collector from afar; collector reload takes a new file",
    "k8s_observer": "nothing is discovered",
    "docker_observer": "nothing is discovered",
    "host_observer": "nothing is discovered",
    "ecs_observer": "nothing is discovered",
}
OTHERS = "there are no extensions"
