"""What is carried, what is left out, and what is refused."""

from __future__ import annotations

import copy
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from collector.api import ConfigError, check_text
from collector_import.importing import Imported, imported

DIRECTORY = Path(__file__).parent / "configurations"


def of(path: Path, text: str) -> Imported:
    """A file with this text, imported."""
    file = path / "otelcol.yaml"
    file.write_text(dedent(text))
    return imported(file)


def receiver(path: Path, block: str, id_: str = "otlp") -> str:
    """The text of a sound file but for this receiver."""
    body = indent(dedent(block).strip(), "    ")
    return of(
        path,
        f"receivers:\n  {id_}:\n{body}\n  syslog/x: {{tcp: {{listen_address: ':1'}}}}\n"
        "exporters: {debug: }\n"
        f"service: {{pipelines: {{logs: {{receivers: [{id_}, syslog/x], exporters: [debug]}}}}}}",
    ).text


def exporter(path: Path, block: str, id_: str = "otlphttp") -> str:
    """The same of an exporter."""
    body = indent(dedent(block).strip(), "    ")
    return of(
        path,
        f"exporters:\n  {id_}:\n{body}\n"
        "receivers: {syslog: {udp: {listen_address: ':1'}}}\n"
        f"service: {{pipelines: {{logs: {{receivers: [syslog], exporters: [{id_}]}}}}}}",
    ).text


def refused(path: Path, text: str) -> list[str]:
    """The problems, without the file's name."""
    with pytest.raises(ConfigError) as raised:
        of(path, text)
    return [str(problem).partition("otelcol.yaml:")[2] for problem in raised.value.problems]


class TestReceivers:
    def test_what_was_guarded_is_never_opened(self, tmp_path: Path) -> None:
        text = receiver(
            tmp_path, "protocols: {http: {endpoint: ':4318', auth: {authenticator: x}}}"
        )
        assert "tokens: ['${env:RECEIVER_TOKEN}']" in text
        assert "auth: none" not in text

    def test_one_whose_tls_cannot_be_carried_is_left_out(self, tmp_path: Path) -> None:
        block = "protocols: {http: {endpoint: ':4318', tls: {cert_pem: abc, key_pem: def}}}"
        text = receiver(tmp_path, block)
        assert "left out: otlp (lines 2-3): key cert_file is missing" in " ".join(text.split())
        assert "receivers: [syslog/x]" in text

    def test_one_with_client_certificates_asks_for_no_token(self, tmp_path: Path) -> None:
        tls = "{cert_file: a, client_ca_file: b}"
        text = receiver(tmp_path, f"protocols: {{grpc: {{endpoint: ':4317', tls: {tls}}}}}")
        assert "auth" not in text
        assert "tokens" not in text

    def test_one_that_listens_on_this_machine_stays_as_it_is(self, tmp_path: Path) -> None:
        text = receiver(tmp_path, "protocols: {grpc: {endpoint: 'localhost:4317'}}")
        assert "otlp:\n    protocols: {grpc: {endpoint: 'localhost:4317'}}\n" in text

    def test_names_of_the_same_component_do_not_meet(self, tmp_path: Path) -> None:
        text = of(
            tmp_path,
            """
            receivers:
              syslog: {tcp: {listen_address: ':1'}}
              tcplog: {listen_address: ':2'}
              udplog: {listen_address: ':3'}
              tcplog/a: {listen_address: ':4'}
            exporters: {debug: , logging: , debug/a b: }
            service:
              pipelines:
                logs:
                  receivers: [syslog, tcplog, udplog, tcplog/a]
                  exporters: [debug, logging, debug/a b]
            """,
        ).text
        assert "receivers: [syslog, syslog/tcplog, syslog/udplog, syslog/a]" in text
        assert "exporters: [stdout, stdout/logging, stdout/a-b]" in text


class TestExporters:
    def test_grpc_becomes_http(self, tmp_path: Path) -> None:
        assert "https://a.b:4318" in exporter(tmp_path, "endpoint: a.b:4317", "otlp")
        plain = "{endpoint: 'http://a.b:4317', tls: {insecure: true}}"
        assert "http://a.b:4318" in exporter(tmp_path, plain, "otlp")
        other = "{endpoint: 'dns:///a.b:443', tls: {insecure: true}}"
        assert "http://a.b:443" in exporter(tmp_path, other, "otlp_grpc")

    def test_a_literal_secret_stays_where_it_is(self, tmp_path: Path) -> None:
        text = exporter(tmp_path, "endpoint: https://a\nheaders: {X-Key: 'secret word'}")
        assert text.count("secret word") == 1
        assert "headers: {X-Key: 'secret word'}" in text

    def test_a_header_that_is_there_is_not_made_again(self, tmp_path: Path) -> None:
        block = """
        endpoint: https://a
        headers: {authorization: "Bearer ${TOKEN}"}
        auth: {authenticator: basicauth}
        """
        text = exporter(tmp_path, block)
        assert text.lower().count("authorization:") == 1

    def test_two_keys_of_the_same_meaning_do_not_meet(self, tmp_path: Path) -> None:
        block = "endpoint: https://a\nconcurrency: 3\nsending_queue: {num_consumers: 7}"
        text = exporter(tmp_path, block)
        assert "concurrency: 3" in text
        assert "num_consumers (line 5): another key here says the same" in text

    def test_headers_may_be_a_list(self, tmp_path: Path) -> None:
        block = """
        endpoint: https://a
        headers:
          # whose it is
          - {name: X-Tenant, value: shop}
          - {name: X-Key, value: "${KEY}"}
        """
        text = exporter(tmp_path, block)
        wanted = '# whose it is\n      X-Tenant: shop\n      X-Key: "${env:KEY}"\n'
        assert f"headers:\n      {wanted}" in text

    def test_a_comment_inside_of_what_moves_comes_along(self, tmp_path: Path) -> None:
        block = """
        endpoint: https://a
        # outer
        sending_queue:  # beside
          # inner
          num_consumers: 3  # three
        """
        text = exporter(tmp_path, block)
        assert "# outer\n    # beside\n    # inner\n    concurrency: 3  # three\n" in text


class TestProcessors:
    def test_one_of_which_nothing_is_left_says_why_its_parts_had_to_go(
        self, tmp_path: Path
    ) -> None:
        text = of(
            tmp_path,
            """
            receivers: {syslog: {udp: {listen_address: ':1'}}}
            processors:
              filter: {logs: {log_record: ['UserAgent(body) == 1']}}
              redaction: {allow_all_keys: true, blocked_values: ['(?=a)']}
            exporters: {debug: }
            service:
              pipelines:
                logs: {receivers: [syslog], processors: [filter, redaction], exporters: [debug]}
            """,
        ).text
        said = " ".join(text.split())
        assert "this item (line 4): UserAgent is not supported" in said
        assert "what was masked by it is not masked any more" in said

    def test_a_condition_that_cannot_be_carried_takes_its_actions_along(
        self, tmp_path: Path
    ) -> None:
        text = of(
            tmp_path,
            """
            receivers: {syslog: {udp: {listen_address: ':1'}}}
            processors:
              attributes:
                include: {match_type: strict, span_kinds: [x]}
                actions: [{key: a, action: delete}]
            exporters: {debug: }
            service:
              pipelines:
                logs: {receivers: [syslog], processors: [attributes], exporters: [debug]}
            """,
        ).text
        assert "left out: attributes (lines 4-6)" in text
        assert "actions" not in text


class TestReferences:
    @pytest.mark.parametrize(
        ("said", "here"),
        [
            ("$URL", "${env:URL}"),
            ("${URL}", "${env:URL}"),
            ("${env:URL}", "${env:URL}"),
            ("${env:URL:-https://a}", "${env:URL:-https://a}"),
            ("https://$HOST/$PATH", "https://${env:HOST}/${env:PATH}"),
            ("${file:/etc/url}", "${file:/etc/url}"),
        ],
    )
    def test_a_reference_is_spelt_as_here(self, said: str, here: str, tmp_path: Path) -> None:
        assert f"endpoint: '{here}'" in exporter(tmp_path, f"endpoint: '{said}'")

    def test_what_it_needs_is_named_and_not_looked_at(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HERE", "no endpoint at all")
        (tmp_path / "url").write_text("no URL at all")
        text = """
        receivers: {syslog: {tcp: {listen_address: '${env:HERE}', tls: {cert_file: x}}}}
        exporters: {otlphttp: {endpoint: '${file:url}'}}
        service: {pipelines: {logs: {receivers: [syslog], exporters: [otlphttp]}}}
        """
        found = of(tmp_path, text)
        assert found.needed == {"HERE", "url"}
        assert found.count("left out") == 0


class TestNotes:
    def test_a_name_that_may_be_a_secret_is_not_shown(self, tmp_path: Path) -> None:
        text = of(
            tmp_path,
            """
            receivers: {syslog: {udp: {listen_address: ':1'}}, "x/a\\nb: c": {}}
            exporters: {debug: }
            "my secret: is 5": 1
            service: {pipelines: {logs: {receivers: [syslog, "x/a\\nb: c"], exporters: [debug]}}}
            """,
        ).text
        assert "my secret" not in text
        assert "b: c" not in text
        assert text.count("one whose name is not shown") == 3

    def test_counts_what_is_carried_and_what_is_not(self, tmp_path: Path) -> None:
        found = of(
            tmp_path,
            """
            receivers: {fluentforward: {endpoint: ':1'}}
            processors: {batch: }
            exporters: {nop: }
            service: {pipelines: {logs: {receivers: [fluentforward], exporters: [nop]}}}
            """,
        )
        assert (found.carried, found.count("changed"), found.count("left out")) == (4, 0, 1)


class TestRefusals:
    def test_a_file_that_is_no_yaml_has_its_place(self, tmp_path: Path) -> None:
        assert refused(tmp_path, "receivers:\n\ta: b\n") == [
            "2:1: error: a tab cannot stand here; indent with spaces"
        ]

    def test_a_section_from_elsewhere_is_named(self, tmp_path: Path) -> None:
        said = refused(tmp_path, "receivers: ${file:r.yaml}\nservice: {pipelines: {logs: {}}}\n")
        needed = "expected a mapping: put it here in full, and import again"
        assert said == [f"1:1: error: receivers: {needed}"]

    def test_a_file_without_pipelines_is_refused(self, tmp_path: Path) -> None:
        (said,) = refused(tmp_path, "receivers: {}\n")
        assert said.startswith("1:1: error: service: this section is missing")

    def test_a_file_of_another_program_is_refused_with_where_to_read(self, tmp_path: Path) -> None:
        (said,) = refused(tmp_path, "pipeline: {inputs: [{name: tail}]}\n")
        assert "only a configuration of an OpenTelemetry Collector is read" in said
        assert "docs/migrating" in said

    def test_a_file_of_which_nothing_runs_is_refused_with_what_had_to_go(
        self, tmp_path: Path
    ) -> None:
        text = """
        receivers: {filelog: {include: [a]}}
        exporters: {debug: }
        service: {pipelines: {logs: {receivers: [filelog], exporters: [debug]}}}
        """
        files = "files are not read: let Fluent Bit (tail), or rsyslog (imfile), send them here"
        nothing = "no pipeline of logs has both a receiver and an exporter here"
        assert refused(tmp_path, text) == [
            f"2:1: warning: left out: filelog (line 2): {files}",
            "3:1: warning: left out: stdout (line 3): no pipeline that is left names it",
            "4:1: warning: left out: logs (line 4): none of its receivers is left",
            f"1:1: error: nothing is left to run: {nothing}",
        ]


JUNK = st.sampled_from(
    [None, True, -1, 1e300, "", "x", "${env:A", "$$", "a: b", "a\nb", [], [None], {}, {"a": 1}]
)


@st.composite
def damaged(draw: st.DrawFn) -> Any:
    """One of the configurations with something else in some place."""
    name = draw(st.sampled_from(sorted(path.name for path in DIRECTORY.iterdir())))
    value = YAML(typ="safe", pure=True).load((DIRECTORY / name / "otelcol.yaml").read_text())
    for _ in range(draw(st.integers(1, 3))):
        at = value
        while isinstance(at, dict | list) and at:
            keys = list(at) if isinstance(at, dict) else range(len(at))
            key = draw(st.sampled_from(keys))
            if not isinstance(at[key], dict | list) or not at[key] or draw(st.integers(0, 3)) == 0:
                at[key] = copy.deepcopy(draw(JUNK))
                break
            at = at[key]
    return value


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(damaged())
def test_whatever_is_imported_is_valid_or_refused(tmp_path: Path, value: Any) -> None:
    path = tmp_path / "otelcol.yaml"
    with path.open("w") as file:
        YAML(typ="safe", pure=True).dump(value, file)
    try:
        found = imported(path)
    except ConfigError:
        return
    problems, _ = check_text(path, found.text)
    assert [each for each in problems if each.level == "error"] == []
