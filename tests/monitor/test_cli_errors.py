"""What the command line says of a machine that cannot go on."""

from __future__ import annotations

import errno

import pytest

from monitor.cli.main import _explain


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENOSPC, errno.EIO, errno.EROFS])
def test_a_machine_that_fails_is_said_in_a_line(
    number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        _explain(OSError(number, "No luck", "/var/\x1b[31m"))
    assert ended.value.code == 1
    assert capsys.readouterr().err == "This machine cannot go on: No luck: /var/\\x1b[31m\n"


@pytest.mark.parametrize("fault", [OSError(errno.ENOTCONN, "ours"), ZeroDivisionError("ours")])
def test_a_fault_of_ours_keeps_its_traceback(fault: Exception) -> None:
    with pytest.raises(type(fault), match="ours"):
        _explain(fault)
