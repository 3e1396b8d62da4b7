# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""Options and commands: what a program takes, what its --help says, and what
its manual page says are the same."""

import os
import re
import subprocess

import sandbox as s

OPTION = re.compile(r"(?<![\w/.=-])(--[a-z][a-z-]*|-[a-zA-Z](?![\w-]))")

# Open vSwitch's text about database commands says it; they have none such.
NOT_OURS = {"--force"}


def run(program, *args):
    path = s.find_program(os.environ["NWF_BUILD"], program)
    return subprocess.run([path, *args], text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def succeed(program, *args):
    done = run(program, *args)
    assert done.returncode == 0, f"{program} {args}: {done.stdout}"
    return done.stdout


def help_options(program):
    text = re.sub(r"(?<= )(-v)SPEC", r"\1", succeed(program, "--help"))
    return set(OPTION.findall(text)) - NOT_OURS


def page(program):
    with open(f"{s.SOURCE}/doc/{program}.8") as stream:
        return stream.read()


def page_options(program):
    """From the macro Fl, whose words are options up to the next macro."""
    found = set()
    for line in page(program).splitlines():
        if line.startswith("."):
            found.update("-" + word
                         for word in re.findall(r"\bFl (\S+)", line))
    return {option for option in found if option != "--"}


def same(what, *sets):
    """Each has all that any of them has."""
    for one in sets:
        for other in sets:
            assert one >= other, f"{what}: {sorted(other - one)}"


def accepts(program, option):
    """True if the program knows the option, be it with a value or without."""
    values = ("root", "console:off", "TLSv1.2", "libc", "1", "list", "string")
    tries = [[option]] + [[f"{option}={value}"] if option.startswith("--")
                          else [option + value] for value in values]
    return any(run(program, *args, "--version").returncode == 0
               for args in tries)


def check(program):
    in_help, in_page = help_options(program), page_options(program)
    assert {"--help", "--version"} <= in_help
    same(f"options of {program} in --help and page", in_help, in_page)


def test_ovs_nwfilterd():
    check("ovs-nwfilterd")
    for option in help_options("ovs-nwfilterd"):
        assert accepts("ovs-nwfilterd", option), option
    # What is in neither is no option: getopt's own table can not be asked.
    assert not accepts("ovs-nwfilterd", "--nonsense")


def test_ovs_nwfilter_ctl():
    check("ovs-nwfilter-ctl")
    for option in help_options("ovs-nwfilter-ctl"):
        assert accepts("ovs-nwfilter-ctl", option), option
    with open(s.find_program(os.environ["NWF_BUILD"],
                             "ovs-nwfilter-ctl")) as stream:
        script = stream.read()
    cases = script[script.index("for argument;"):]
    taken = set(re.findall(r"(?<=[\s|])(--?[a-zA-Z][a-z-]*)(?==\*\)|[|)])",
                           cases))
    same("options of the script", taken, help_options("ovs-nwfilter-ctl"))
    usage = succeed("ovs-nwfilter-ctl", "--help").splitlines()[1]
    commands = usage.split()[-1].split("|")
    same("commands", set(commands), set(re.findall(
        r"^\.It Cm (\w+)", page("ovs-nwfilter-ctl"), re.M)))
    assert f"\n{'|'.join(commands)})\n" in cases.replace("    ", ""), commands


def nwfctl_commands():
    """{name: its options} of nwfctl."""
    found = {}
    for line in succeed("nwfctl", "--commands").splitlines():
        options, name, _ = line.split(",", 2)
        found[name] = set(re.findall(r"\[(--[\w-]+)=?\]", options))
    return found


def test_nwfctl():
    check("nwfctl")
    text = succeed("nwfctl", "--help")
    commands = nwfctl_commands()
    listed = set(re.findall(r"^  ([a-z][a-z-]*)\b(?!:)", text, re.M))
    assert commands.keys() <= listed, commands.keys() - listed
    described = {word for line in page("nwfctl").splitlines()
                 if re.match(r"\.(It )?Cm ", line)
                 for word in re.findall(r"[a-z][a-z-]+", line)}
    items = set(re.findall(r"^\.It (?:Xo\n\.)?Cm ([a-z][\w-]*)",
                           page("nwfctl"), re.M))
    assert commands.keys() <= described, commands.keys() - described
    assert items <= commands.keys(), items - commands.keys()
    options = {line.split("=")[0].split()[0]
               for line in succeed("nwfctl", "--options").splitlines()}
    options.update(*commands.values())
    assert options <= help_options("nwfctl"), options - help_options("nwfctl")
    for line in text.splitlines():
        match = re.match(r"  (tcp|ssl|unix):", line)
        assert match or not re.match(r"  [a-z][a-z-]* ", line) \
            or line.split()[0] in commands, line


def test_control_socket(sandbox):
    """Commands of the usual kind that the page names are there."""
    commands = set(re.findall(r"^  ([\w/-]+)",
                              sandbox.daemon("list-commands"), re.M))
    section = re.search(r"^\.Sh CONTROL SOCKET\n(.*?)^\.Sh ",
                        page("ovs-nwfilterd"), re.M | re.S)[1]
    named = set(re.findall(r"^\.Cm ([\w/-]+)", section, re.M))
    assert len(named) > 5 and named <= commands, named - commands
