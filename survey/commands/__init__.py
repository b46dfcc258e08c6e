"""The program `hailong`: a module per group of commands, read only when one of its commands is called.

Such a module imports the modules that do its work, never names out of them, and its options name no part of them:
so they are read when the work begins (`lazy_modules`), and help comes at once.
"""

from __future__ import annotations

import atexit
import gc
import getpass
import gettext as catalogues
import importlib
import os
import re
import shlex
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import click

import translations
from survey.commands.examples import EXAMPLES
from survey.system.lazy_modules import lazy_modules
from translations import LANGUAGES, N_, Refusal
from translations import gettext as _

with lazy_modules():
    from survey.storage import audit as trail
    from survey.storage import faults
    from survey.system import version

# command -> (module of survey.commands, one line of help)
COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("server", N_("Create or migrate the database, load the communes and the questionnaires.")),
    "serve": ("server", N_("Serve the platform.")),
    "demo": (
        "demo",
        N_("Make a demonstration wave to look around in; everything in it is marked as demonstration data."),
    ),
    "questionnaire": ("questionnaire", N_("Check, publish and list questionnaires.")),
    "wave": ("wave", N_("Open, change, close and list waves.")),
    "unit": ("unit", N_("Import units beyond the 54 communes.")),
    "frame": ("frame", N_("Import the villages of a wave.")),
    "sample": ("sample", N_("Plan and draw the sample of a wave.")),
    "forms": ("forms", N_("Number and print the paper forms of a wave; void some.")),
    "assignment": ("assignment", N_("Who may send forms for others, and where.")),
    "village": ("village", N_("The villages of a sample: who is assigned there, closing them.")),
    "scan": ("scan", N_("Read scanned forms: what is clear is keyed, what isn't waits for a person.")),
    "accounting": ("accounting", N_("Where the paper forms are: entered, waiting, void, missing.")),
    "import": ("data", N_("Import responses from elsewhere: all or nothing.")),
    "data": ("data", N_("Export the responses, in the columns that import takes.")),
    "transactions": ("transactions", N_("Import the counts of transactions that an open wave is weighted to.")),
    "weights": ("weights", N_("Compute, list and choose the weights of a wave.")),
    "kiosk": ("kiosk", N_("Kiosks: links that bind devices, and what became of them.")),
    "results": ("results", N_("Estimates of a wave, from the database.")),
    "release": ("release", N_("Freeze results, check them, let them be seen.")),
    "lot": ("lot", N_("What was brought together; two people set it aside or take it back.")),
    "map": ("map", N_("Boundaries of the communes, or their tiles, for the map of results.")),
    "year": ("year", N_("The province's year: its waves.")),
    "scorecard": (
        "scorecard",
        N_("Scorecards (PAR INDEX and others): criteria, scores of a year, points lost."),
    ),
    "published": ("published", N_("Figures that others published, with their sources.")),
    "plan": ("plan", N_("What offices answer for: targets, tasks, and what was done.")),
    "case": ("case", N_("What people said: who answers it, and what everybody sees of it.")),
    "report": ("report", N_("The report of a wave: Word, PDF, Excel, CSV or JSON.")),
    "template": ("template", N_("The Word document that reports are written into: their look.")),
    "poster": ("poster", N_("Posters with a QR code that leads to the form.")),
    "invitation": ("invitation", N_("Single-use codes for the people of a sample.")),
    "estimate": ("estimate", N_("Survey estimates from any CSV or Parquet file; no database.")),
    "compare": ("estimate", N_("Differences of domains of any CSV or Parquet file; no database.")),
    "backup": ("backup", N_("Write everything into one file, while the platform serves.")),
    "restore": ("backup", N_("Put a backup into an empty data folder; it is checked first.")),
    "doctor": ("doctor", N_("Look at the installation, and say of each thing what to do.")),
    "purge": ("purge", N_("Destroy what was promised to be destroyed, once a wave's time is over.")),
    "key": ("key", N_("The master key: make a new one, or go on without one that is lost.")),
    "audit": ("audit", N_("The audit trail: who did what, and whether it is whole.")),
    "integrity": ("integrity", N_("Daily digests of a wave, for who keeps them outside, and counting again.")),
    "user": ("people", N_("Accounts of staff.")),
    "token": ("people", N_("Tokens for programs that read the API.")),
    "first-run": ("server", N_("On an empty database: the demo waves and an administrator.")),
}
SENTENCE = re.compile(r"(?<=\.)\s")
HIDDEN = {"first-run"}
WITHOUT_DATABASE = {"estimate", "compare"}
WITH_LANGUAGE = {"report"}  # in which what they write is, too


class Command(click.Command):
    """A command with its example below its help; what it writes stands in the audit trail under the account of the
    machine that runs it."""

    def format_epilog(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        name = context.command_path.removeprefix("hailong ")
        # "\b" keeps click from breaking the line: it can be copied whole.
        self.epilog = "\b\n" + _("Example: %(call)s", call=f"hailong {name} {EXAMPLES.get(name, '')}".rstrip())
        super().format_epilog(context, formatter)

    def invoke(self, context: click.Context) -> Any:
        arguments = context.find_root().obj
        if arguments is None or self.name in WITHOUT_DATABASE:
            return super().invoke(context)
        typed = shlex.join(["hailong", *arguments])
        with trail.acting(f"@{getpass.getuser()}", trail.COMMAND, typed, changes_figures=True):
            return super().invoke(context)


class Commands(click.Group):
    """A group that lists its commands with the whole first sentence of what each does."""

    command_class = Command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        commands = ((name, self.get_command(context, name)) for name in self.list_commands(context))
        with formatter.section(_("Commands")):
            formatter.write_dl(
                [(name, SENTENCE.split(command.help or "", 1)[0]) for name, command in commands if command]
            )


def command(**given: Any) -> Callable[[Callable[..., Any]], click.Command]:
    """`click.command` for a command that stands in no group."""
    return click.command(cls=Command, **given)


class Program(Commands):
    """The group of all commands; each is imported when it is called or asked for help."""

    def list_commands(self, _context: click.Context) -> list[str]:
        return [name for name in COMMANDS if name not in HIDDEN]

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        with lazy_modules():
            module = importlib.import_module(f"survey.commands.{COMMANDS[name][0]}")
            command: click.Command = getattr(module, name.replace("-", "_").replace("import", "import_"))
        return command

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except BrokenPipeError:  # `hailong results … | head` has what it wants; click would end with 1
            sys.stdout = None  # type: ignore[assignment]
            sys.exit(0)

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.UsageError(_("There is no command %(name)s. See: hailong --help", name=args[0]), context)
        return super().resolve_command(context, args)

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        """One line a command, without importing any."""
        with formatter.section(_("Commands")):
            formatter.write_dl([(name, _(COMMANDS[name][1])) for name in self.list_commands(_context)])


def _language(arguments: list[str]) -> str:
    """`--lang` wins, wherever it stands; then an English `LANG`; else Vietnamese."""
    for place, argument in enumerate(arguments):
        if argument.startswith("--lang="):
            return argument.partition("=")[2]
        if argument == "--lang" and place + 1 < len(arguments):
            return arguments[place + 1]
    wanted = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return "en" if wanted.startswith("en") else "vi"


def _language_first(arguments: list[str]) -> list[str]:
    """`--lang` before the command, where click looks for it; the one of a report is its own and stays."""
    for place, argument in enumerate(arguments):
        if argument.partition("=")[0] == "--lang" and _command(arguments) not in WITH_LANGUAGE:
            after = place + (1 if "=" in argument else 2)
            return [*arguments[place:after], *arguments[:place], *arguments[after:]]
    return arguments


def _command(arguments: list[str]) -> str:
    """The command that is called, which `--lang` may stand before; empty where there is none."""
    return next((argument for argument in arguments if argument in COMMANDS), "")


def _print_version(context: click.Context, _option: click.Parameter, asked: bool) -> None:
    if asked:
        click.echo("hailong " + version.version())
        context.exit()


def _program() -> Program:
    """The group of all, made when the language is known: help texts are looked up when they are defined."""
    option = partial(click.Option, expose_value=False)
    lang = option(["--lang"], type=click.Choice(list(LANGUAGES)), help=_("The language of messages."))
    about = _("The version and the commit, and end.")
    version = option(["--version"], is_flag=True, is_eager=True, callback=_print_version, help=about)
    return Program(
        "hailong",
        help=_("Hài Lòng: a citizen satisfaction survey, from the sample to the signed report."),
        params=[lang, version],
        epilog=_("Each command explains itself: hailong COMMAND --help"),
        no_args_is_help=True,
    )


def main(arguments: list[str] | None = None) -> None:
    """Runs one command and ends the process: 0 done, 1 the input is wrong, 2 the command line is wrong."""
    if arguments is None:  # a process of its own
        arguments = sys.argv[1:]
        # What is read of libraries stays to the end; to look through it for garbage takes a tenth of a command.
        gc.set_threshold(50_000)
        if _command(arguments) in WITHOUT_DATABASE:
            gc.disable()  # little there goes in circles
        atexit.register(gc.freeze)
    chosen = _language(arguments)
    translations.speak(chosen)
    # Our matrices are small: a second thread of NumPy's would only wait, and wait busily.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # click's own words ("Usage", "Options" …) come from the same catalogue.
    os.environ["LANGUAGE"] = translations.language()
    catalogues.bindtextdomain("messages", str(translations.FOLDER))
    try:
        _program()(_language_first(arguments), prog_name="hailong", standalone_mode=False, obj=arguments)
    except click.ClickException as wrong:
        wrong.show()
        sys.exit(wrong.exit_code)
    except click.Abort:
        click.echo(_("Stopped."), err=True)
        sys.exit(1)
    except Refusal as refusal:
        click.echo(str(refusal), err=True)
        if refusal.listed_by:
            say("See: %(call)s", call=refusal.listed_by)
        if refusal.option:
            say("Say so with: %(option)s", option=refusal.option)
        sys.exit(1)
    except OSError as error:
        known = faults.refusal_for(error) if error.filename is None else None
        click.echo(
            str(known or _("%(file)s: %(reason)s", file=error.filename or "–", reason=translations.reason(error))),
            err=True,
        )
        sys.exit(1)
    except Exception as error:
        if (known := faults.refusal_for(error)) is not None:
            click.echo(str(known), err=True)
            sys.exit(1)
        if os.environ.get("HAILONG_DEBUG"):
            raise
        click.echo(
            _(
                "A fault of the program: %(fault)s. HAILONG_DEBUG=1 before the command shows where.",
                fault=f"{type(error).__name__}: {error}".splitlines()[0],
            ),
            err=True,
        )
        sys.exit(1)


def say(message: str, **values: Any) -> None:
    """A message for the person at the terminal: on standard error, for data alone goes to standard output."""
    click.echo(_(message, **values), err=True)
