"""Commands that write what a new study needs."""

from typing import Annotated

import typer

from ablations.cli.invocation import again
from ablations.cli.options import DataOption, console, told
from ablations.store.locations import DEFAULT_DATA
from ablations.study.library import Question

TargetArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME or FILE", help="studies/NAME.yaml, or a file that ends with .yaml; my_<template> unless given."
    ),
]
TemplateOption = Annotated[Question, typer.Option("--template", help="Question that the study asks.")]
NameOption = Annotated[str, typer.Option("--data", metavar="NAME", help="Name of an image folder or of built-in data.")]


def new(
    target: TargetArgument = None,
    data: NameOption = "my-photos",
    template: TemplateOption = "temperature",
    data_dir: DataOption = DEFAULT_DATA,
) -> None:
    """Write a study of your own data to begin with. Overwrites nothing."""
    with told():
        from ablations.study.new_study import write_study
        from ablations.types.wording import closest
        from core.data.catalog import DATA_SETS

        written = write_study(target, template, data)
        console.print(f"study   {written.study}\nschema  {written.schema} (for your editor)")
        if data not in DATA_SETS and not (data_dir / data).is_dir():
            if close := closest(data, DATA_SETS):
                console.print(f"note    {data} is no built-in data; did you mean {close}?")
            console.print(f"data    put images at {data_dir / data}/{{train,test}}/<class>/*.jpg")
        console.print(f"next    {again('plan', written.reference)}")


def schema() -> None:
    """Print the JSON Schema of study files, for editors."""
    with told():
        from ablations.study.schema.study_schema import schema_text

        console.whole(schema_text().rstrip("\n"))
