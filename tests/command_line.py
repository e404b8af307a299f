"""The command line, called in this process."""

from typer.testing import CliRunner

from ablations.cli.app import app


def ablate(*arguments: str) -> tuple[int, str]:
    """Exit code and output. Raises what the command did not handle."""
    result = CliRunner().invoke(app, arguments)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output
