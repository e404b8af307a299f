"""The command line, called in this process."""

from typer.testing import CliRunner, Result

from ablations.cli.app import app


def invoke(*arguments: str, answer: str | None = None) -> Result:
    """The result of a command; ``answer`` is typed at its question. Raises what the command did not handle."""
    result = CliRunner().invoke(app, arguments, input=answer)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def ablate(*arguments: str, answer: str | None = None) -> tuple[int, str]:
    """Exit code and output of a command."""
    result = invoke(*arguments, answer=answer)
    return result.exit_code, result.output
