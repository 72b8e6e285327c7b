"""`itsm sla calculate`: business time alone. It imports nothing that needs the application or its database."""

import json
import sys

import click

from sla.calculate import CasesError
from sla.calculate import calculate as answer_cases

LARGEST_INPUT_BYTES = 20 * 1024 * 1024


@click.command("calculate")
def calculate() -> None:
    """Answer business-time cases: a JSON list on standard input, a JSON list on standard output.

    Each case is answered by itself, also with what is wrong with it. Input that is no JSON list is wrong usage.
    """
    raw = sys.stdin.buffer.read(LARGEST_INPUT_BYTES + 1)
    if len(raw) > LARGEST_INPUT_BYTES:
        raise click.UsageError("The input is larger than 20 MB.")
    try:
        answers = answer_cases(json.loads(raw))
    except CasesError as error:
        raise click.UsageError(str(error)) from error
    except (ValueError, RecursionError) as error:
        raise click.UsageError(f"The input is not JSON: {str(error)[:200]}") from error
    click.echo(json.dumps(answers, ensure_ascii=False))
