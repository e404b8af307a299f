"""Commands that write what a new study needs."""

from typing import Annotated

import typer

from ablations.cli.invocation import again
from ablations.cli.options import DataOption, UseOption, code_options, console, errors, told
from ablations.store.locations import DEFAULT_DATA
from ablations.study.library import PartKind, Question
from ablations.types.errors import StudyError

TargetArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME or FILE", help="studies/NAME.yaml, or a file that ends with .yaml; my_<template> unless given."
    ),
]
TemplateOption = Annotated[Question, typer.Option("--template", help="Question that the study asks.")]
OperationOption = Annotated[bool, typer.Option("--operation", help="Write an operation of your own.")]
LossOption = Annotated[bool, typer.Option("--loss", help="Write a loss of your own.")]
MethodOption = Annotated[bool, typer.Option("--method", help="Write a method of your own.")]
EncoderOption = Annotated[bool, typer.Option("--encoder", help="Write an encoder of your own.")]
NameOption = Annotated[str, typer.Option("--data", metavar="NAME", help="Name of an image folder or of built-in data.")]


def new(
    target: TargetArgument = None,
    data: NameOption = "my-photos",
    template: TemplateOption = "temperature",
    data_dir: DataOption = DEFAULT_DATA,
    operation: OperationOption = False,
    loss: LossOption = False,
    method: MethodOption = False,
    encoder: EncoderOption = False,
) -> None:
    """Write a study of your own data to begin with. Or, with --operation and the like, a part of your own, with a study
    that uses it and its test. Overwrites nothing."""
    asked: dict[PartKind, bool] = {"operation": operation, "loss": loss, "method": method, "encoder": encoder}
    kinds = [kind for kind, is_asked in asked.items() if is_asked]
    if kinds:
        _new_part(target, kinds)
        return
    with told():
        from ablations.study.new_study import share_to_split, write_study
        from ablations.types.wording import closest
        from core.data.catalog import DATA_SETS

        split, problem = None, ""
        try:
            split = share_to_split(data, data_dir)
        except StudyError as error:  # the study is a beginning all the same
            problem = str(error)
        written = write_study(target, template, data, split)
        console.print(f"study   {written.study}\nschema  {written.schema} (for your editor)")
        if data not in DATA_SETS and not (data_dir / data).exists():
            if close := closest(data, DATA_SETS):
                console.print(f"note    {data} is no built-in data; did you mean {close}?")
            console.print(f"data    put images at {data_dir / data}/{{train,test}}/<class>/*.jpg")
        if split:
            console.print(f"note    {data_dir / data} has no split: data.split is {split:g}, of each class for testing")
        if problem:
            errors.print(f"note: the study cannot run yet: {problem}", style="yellow", highlight=False)
        console.print(f"next    {again('plan', written.reference)}")


def _new_part(target: str | None, kinds: list[PartKind]) -> None:
    with told():
        from ablations.study.own_code.new_part import write_part

        if target is None or len(kinds) > 1:
            raise StudyError("give one name and one kind of part, such as: ablate new my_loss --loss")
        written = write_part(target, kinds[0])
        console.print(f"part    {written.code}\nstudy   {written.study}\ntest    {written.test}")
        console.print(f"next    {again('plan', written.reference)}\n        pytest {written.test}")


def schema(use: UseOption = None) -> None:
    """Print the JSON Schema of study files, for editors; with --use, of studies that use parts of your own."""
    with told():
        from ablations.study.own_code.uses import used_by_command
        from ablations.study.schema.study_schema import schema_text

        list(used_by_command(code_options(use, no_code=False)))
        console.whole(schema_text().rstrip("\n"))
