"""`python -m common` tells, a day before class, whether this machine is ready."""

import sys

from common.classroom import startup

startup.check_machine()
from common.classroom import check, terminal  # noqa: E402 (the checks come first)
from common.files import command_line  # noqa: E402

try:
    code = check.main(sys.argv[1:])
except (Exception, KeyboardInterrupt) as error:
    code = terminal.fail(error, command_line("python", "-m", "common", *sys.argv[1:]))
sys.exit(code)
