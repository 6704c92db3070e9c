#!/usr/bin/python3
"""Writes the man page and the shells' completions from what `wsprobe --help` says.

    from_help.py WSPROBE DIRECTORY
"""

import datetime
import gzip
import os
import re
import subprocess
import sys
from pathlib import Path

OPTION = re.compile(r"^  (-[^ ]+(?: '[^']+'| [^ ]+)?)(?:\s{2,}(.*))?$")
COMMAND = re.compile(r"^  ([a-z]+)\s{2,}(.*)$")
WIDTH = 34  # where the help begins


def help_of(binary, *command):
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"}
    return subprocess.run([binary, *command, "--help"], env=environment, check=True, capture_output=True, text=True,
                          timeout=30).stdout


class Option:
    def __init__(self, words, text):
        names, _, self.value = words.partition(" ")
        self.names = names.split(",")
        self.value = self.value.strip("'")
        self.text = text


class Command:
    """One command as its help describes it: options by section, and what stands below them."""

    def __init__(self, name, summary, text):
        self.name, self.summary, self.sections, self.footer = name, summary, {}, ""
        section, last = None, None
        self.usage = re.search(r"^Usage: (.*)$", text, re.MULTILINE).group(1)
        lines = text.splitlines()
        for number, line in enumerate(lines):
            option = OPTION.match(line)
            if option and section:
                last = Option(option.group(1), option.group(2) or "")
                self.sections.setdefault(section, []).append(last)
            elif re.fullmatch(r"[A-Z][^.]*:", line) and any(OPTION.match(each) for each in lines[number + 1:number + 2]):
                section = line[:-1]
            elif line.startswith(" " * WIDTH) and last and not last.text:
                last.text = line.strip()
            elif section and line and not line.startswith(" "):
                self.footer = "\n".join(lines[number:])
                break

    def options(self):
        return [option for options in self.sections.values() for option in options]


def read(binary):
    commands, inside = [], False
    for line in help_of(binary).splitlines():
        inside = line == "Commands:" or (inside and line != "")
        found = COMMAND.match(line)
        if inside and found:
            commands.append(Command(found.group(1), found.group(2), help_of(binary, found.group(1))))
    return commands


# ---- man page ----

def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^([.'])", r"\\&\1", text, flags=re.MULTILINE)


def man_page(commands, version):
    epoch = os.environ.get("SOURCE_DATE_EPOCH")  # for builds that can be repeated
    date = datetime.date.fromtimestamp(int(epoch)) if epoch else datetime.date.today()
    out = [f'.TH WSPROBE 1 "{date}" "wsprobe {version}" "User Commands"',
           ".SH NAME", "wsprobe \\- end\\-to\\-end health probe for WebSocket endpoints behind a proxy", ".SH SYNOPSIS"]
    for command in commands:
        out += [".B " + roff(command.usage.split(" [")[0]), roff(command.usage[len(command.usage.split(" [")[0]):].strip()), ".br"]
    out += [".SH DESCRIPTION",
            "wsprobe asks a WebSocket endpoint what its users ask it: the health document, an upgrade with a valid token and",
            "one with an invalid token. Of a refusal it says who wrote it (emitter), whose fault it is, why (cause), and what",
            "to change; where the evidence does not show it, it says so."]
    for command in commands:
        out += [f".SH {roff(command.name.upper())}", roff(command.summary) + "."]
        for section, options in command.sections.items():
            out += [f".SS {roff(section)}"]
            for option in options:
                names = ", ".join(f"\\fB{roff(name)}\\fR" for name in option.names)
                out += [".TP", names + (f" \\fI{roff(option.value)}\\fR" if option.value else ""), roff(option.text or "")]
        if command.footer:
            out += [".PP", ".nf", roff(command.footer), ".fi"]
    out += [".SH EXIT STATUS", ".TP", "0", "Every expectation was met.", ".TP", "1",
            "One was not; a service that cannot be reached included.", ".TP", "2",
            "The command line or a file of yours cannot be used.", ".TP", "3",
            "wsprobe could not do its work, or could not write its output.", ".PP",
            "With \\fB\\-\\-format nagios\\fR: 0, 1, 2 and 3 as Nagios has them.",
            ".SH FILES", ".TP", "/etc/wsprobe/wsprobe.yml", "The daemon's configuration.", ".TP",
            "/usr/share/wsprobe/scenarios", "Scenarios to copy from, and their JSON Schema."]
    return "\n".join(out) + "\n"


# ---- completions ----

def takes_a_file(option):
    return "FILE" in option.value or option.value in ("DIRECTORY", "PATH")


def choices(option):
    words = re.match(r"((?:[a-z]+, )*[a-z]+ or [a-z]+)", re.sub(r" \(default\)", "", option.text))
    return re.split(r", | or ", words.group(1)) if option.value in ("FORMAT", "LEVEL") and words else []


def bash(commands):
    out = ["# bash completion of wsprobe", "_wsprobe() {", "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}",
           "  if [ \"$COMP_CWORD\" -eq 1 ]; then",
           f"    COMPREPLY=($(compgen -W \"{' '.join(c.name for c in commands)} --help --version\" -- \"$word\"))", "    return", "  fi",
           "  case \"${COMP_WORDS[1]} $before\" in"]
    for command in commands:
        for option in command.options():
            for name in option.names:
                if choices(option):
                    out.append(f"    '{command.name} {name}') COMPREPLY=($(compgen -W \"{' '.join(choices(option))}\" -- \"$word\")); return ;;")
                elif option.value and not takes_a_file(option):
                    out.append(f"    '{command.name} {name}') return ;;")
                elif option.value:
                    out.append(f"    '{command.name} {name}') COMPREPLY=($(compgen -f -- \"$word\")); return ;;")
    out += ["  esac", "  if [[ $word != -* ]]; then", "    COMPREPLY=($(compgen -f -- \"$word\"))", "    return", "  fi",
            "  case ${COMP_WORDS[1]} in"]
    for command in commands:
        names = " ".join(name for option in command.options() for name in option.names)
        out.append(f"    {command.name}) COMPREPLY=($(compgen -W \"{names}\" -- \"$word\")) ;;")
    return "\n".join(out + ["  esac", "}", "complete -o filenames -F _wsprobe wsprobe"]) + "\n"


def quoted(text):
    return text.replace("'", "'\\''").replace("[", "\\[").replace("]", "\\]").replace(":", "\\:")


def zsh(commands):
    out = ["#compdef wsprobe", "", "local -a commands", "commands=("]
    out += [f"  '{command.name}:{quoted(command.summary)}'" for command in commands]
    out += [")", "if (( CURRENT == 2 )); then", "  _describe command commands", "  return", "fi", "case $words[2] in"]
    for command in commands:
        out.append(f"  {command.name}) _arguments \\")
        for option in command.options():
            for name in option.names:
                action = ""
                if option.value:
                    words = " ".join(choices(option))
                    action = f":{quoted(option.value)}:" + (f"({words})" if words else "_files" if takes_a_file(option) else "")
                out.append(f"    '*{name}[{quoted(option.text)}]{action}' \\")
        out.append("    '*:file:_files' ;;")
    return "\n".join(out + ["esac"]) + "\n"


def fish(commands):
    def escaped(text):
        return text.replace("\\", "\\\\").replace("'", "\\'")
    out = ["# fish completion of wsprobe"]
    out += [f"complete -c wsprobe -n __fish_use_subcommand -f -a {command.name} -d '{escaped(command.summary)}'"
            for command in commands]
    for command in commands:
        for option in command.options():
            names = " ".join(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names)
            value = " -x" if option.value and not takes_a_file(option) else " -r" if option.value else ""
            words = f" -a '{' '.join(choices(option))}'" if choices(option) else ""
            out.append(f"complete -c wsprobe -n '__fish_seen_subcommand_from {command.name}' {names}{value}{words}"
                       f" -d '{escaped(option.text)}'")
    return "\n".join(out) + "\n"


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    binary, directory = sys.argv[1], Path(sys.argv[2])
    commands = read(binary)
    version = subprocess.run([binary, "--version"], check=True, capture_output=True, text=True, timeout=30).stdout.split()[-1]
    (directory / "wsprobe.1.gz").write_bytes(gzip.compress(man_page(commands, version).encode(), 9, mtime=0))
    for name, text in {"wsprobe.bash": bash(commands), "_wsprobe": zsh(commands), "wsprobe.fish": fish(commands)}.items():
        (directory / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
