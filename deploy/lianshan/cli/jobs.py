"""`lianshan jobs list|show|cancel`."""

from typing import TYPE_CHECKING, Annotated

import typer

from deploy.lianshan.cli.connections import find_gateway
from deploy.lianshan.cli.options import AsJson, Lang, Var, choose_language
from deploy.lianshan.cli.output import Line, fail, name_columns, one_line_errors, out, print_table
from deploy.lianshan.jobs import JobRefusedError, JobsOfGateway

if TYPE_CHECKING:
    from pathlib import Path

    from deploy.lianshan.jobs import Json
    from shared.words import Language, Wording

app = typer.Typer(help="Jobs: imports of offices' files, with their progress.", no_args_is_help=True)
JobId = Annotated[str, typer.Argument(metavar="JOB", help="The id of the job, as `jobs list` shows it.")]


@app.command("list")
@one_line_errors
def list_jobs(
    state: Annotated[str | None, typer.Option(help="Jobs in that state alone, such as running or failed.")] = None,
    var: Var = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """List the newest jobs: their kind, state, rows decided and bad rows."""
    try:
        found = _open(var, lang).newest(state)
    except JobRefusedError as error:
        fail(f"{error}.")
    if as_json:
        out.print_json(data=found)
        return
    words = _speak(lang)
    lines = [_line(job) for job in found]
    if lines:
        print_table(name_columns(words, "job", "kind", "state", "rows", "bad_rows", "next_step"), lines)
    else:
        out.print(words.sentence("no_jobs", {}))


@app.command()
@one_line_errors
def show(job_id: JobId, var: Var = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """Show one job and its first bad rows, with the rule that each breaks."""
    try:
        job, errors = _open(var, lang).show(job_id)
    except JobRefusedError as error:
        fail(f"{error}.")
    if as_json:
        out.print_json(data={**job, "errors": errors})
        return
    words = _speak(lang)
    print_table(name_columns(words, "job", "kind", "state", "rows", "bad_rows", "next_step"), [_line(job)])
    if job.get("problem"):
        out.print(job["problem"]["text"], markup=False)
    lines = [Line((error["row"], error["column"], error["problem"]["text"])) for error in errors]
    if lines:
        print_table(name_columns(words, "row", "column", "problem"), lines)


@app.command()
@one_line_errors
def cancel(job_id: JobId, var: Var = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """Cancel a job that has not ended; the rows decided before stay so."""
    try:
        job = _open(var, lang).cancel(job_id)
    except JobRefusedError as error:
        fail(f"{error}.")
    if as_json:
        out.print_json(data=dict(job))
    else:
        out.print(_speak(lang).sentence("job_is_cancelled", {"job": job_id, "rows": job["done"]}))


def _open(var: "Path | None", lang: "Language | None") -> JobsOfGateway:
    url, token = find_gateway(var)
    return JobsOfGateway(url, token, choose_language(lang))


def _speak(lang: "Language | None") -> "Wording":
    from shared.words import Wording  # noqa: PLC0415 - slow to import

    return Wording(choose_language(lang))


def _line(job: "Json") -> Line:
    total = "" if job.get("total") is None else f"/{job['total']}"
    step = job.get("next_step") or {}
    return Line((job["id"], job["kind"], job["state"], f"{job['done']}{total}", job["bad"], step.get("text", "")))
