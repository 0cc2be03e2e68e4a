"""The command line. Each command is a module of its own, imported when it is called: `--help` stays quick."""

from importlib import import_module
from typing import Final

import click

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "up": ("serve", "Start everything that this folder configures."),
    "org": ("serve", "Start the org alone."),
    "hub": ("hub", "Run a hub, and look after its messages."),
    "check": ("check", "Say what of an SFDX project runs here, by file."),
    "schema": ("schema", "Compare standard objects with another org's."),
    "login": ("login", "Print an access token, and the line that logs the sf CLI in."),
    "credentials": ("credentials", "New logins for the administrator and the org's app."),
    "log": ("log", "The last requests that the org has answered."),
    "clock": ("clock", "Show the time of org and hub, or move it forward."),
    "encryption": ("encryption", "The keys of encrypted fields, and their rotation."),
    "reset": ("reset", "Empty the running org."),
    "ca": ("ca", "The local certificate authority: its path, or install it."),
}


class _Commands(click.Group):
    """Finds a command's module when it is asked for it, and lists commands without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _ = COMMANDS[cmd_name]
        command = getattr(import_module(f"isthmus.cli.{module}"), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="isthmus", prog_name="isthmus")
def main() -> None:
    """A local Salesforce org that speaks the platform's own wire protocols."""
