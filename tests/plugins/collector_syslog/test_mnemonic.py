"""The parts of a message's name."""

import pytest

from collector_syslog import mnemonic


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("%SYS-5-CONFIG_I", ("SYS", 5, "CONFIG_I")),
        ("%SECURITY-SSHD-6-INFO_GENERAL", ("SECURITY-SSHD", 6, "INFO_GENERAL")),
        ("%ASA-session-5-106100", ("ASA-session", 5, "106100")),
        ("%C4K_EBM-4-HOSTFLAPPING", ("C4K_EBM", 4, "HOSTFLAPPING")),
        ("%%10SHELL/5/SHELL_LOGIN", ("SHELL", 5, "SHELL_LOGIN")),
        ("%%01SHELL/4/LOGIN(l)", ("SHELL", 4, "LOGIN")),
    ],
)
def test_the_parts(word: str, parts: tuple[str, int, str]) -> None:
    assert tuple(mnemonic.read(word).values()) == (parts[2], parts[0], parts[1])


@pytest.mark.parametrize("word", ["%SYS-8-X", "%SYS", "%%10WEB-5-X", "100%", "%-5-", "%d"])
def test_no_parts(word: str) -> None:
    assert mnemonic.read(word) == {}


def test_in_a_text_it_needs_its_colon() -> None:
    assert mnemonic.at("x: %SYS-5-CONFIG_I: y", 3) == mnemonic.read("%SYS-5-CONFIG_I")
    assert mnemonic.at("%SYS-5-CONFIG_I y", 0) == {}
