# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""A sandbox for tests of the command line: the policy database alone."""

import sandbox

MAC = "52:54:00:00:00:01"


def document(name, *children, quote="'"):
    """A filter with 'children', XML text, the first of them on line 2."""
    return (f"<filter name={quote}{name}{quote}>\n" + "".join(children)
            + "\n</filter>\n")


def binding(port, name, mac=MAC, **params):
    """A binding of 'port' to the filter 'name'; parameters are lists."""
    text = "".join(f"<parameter name='{key}' value='{value}'/>"
                   for key, values in params.items() for value in values)
    return (f"<filterbinding><owner><name>vm</name><uuid>"
            f"d54df46f-1ab5-4a22-8618-4560ef5fac2c</uuid></owner>"
            f"<portdev name='{port}'/><mac address='{mac}'/>"
            f"<filterref filter='{name}'>{text}</filterref></filterbinding>")


class Policy(sandbox.Sandbox):
    def _start(self, bridges, daemon, config):
        self.env["TMPDIR"] = self.dir
        self.start_policy_db()

    def command(self, *args):
        """nwfctl with its options, for subprocess."""
        return [sandbox.find_program(self.build, "nwfctl"),
                f"--db={self.policy_db}", f"--ctl={self.daemon_ctl}", *args]

    def expect(self, output, *args, **options):
        """nwfctl succeeds and prints exactly this, without a warning."""
        done = self.nwfctl(*args, check=False, **options)
        if (done.returncode, done.stdout, done.stderr) != (0, output, ""):
            raise sandbox.Failure(
                f"{' '.join(args)}: status {done.returncode}, expected:\n"
                f"{output}printed:\n{done.stdout}{done.stderr}")

    def refuse(self, message, *args, **options):
        """nwfctl exits with status 1, prints nothing but 'message' (among
        others) as an error."""
        done = self.nwfctl(*args, check=False, **options)
        if (done.returncode != 1 or done.stdout or not done.stderr
                or message not in done.stderr):
            raise sandbox.Failure(
                f"{' '.join(args)}: status {done.returncode}, printed:\n"
                f"{done.stdout}{done.stderr}expected: {message}")

    def names(self):
        """The names of all filters."""
        return [line.split()[1] for line in
                self.nwfctl("list").splitlines()[2:]]

    def bind(self, port, name, **params):
        path = self.file(f"binding-{port}.xml", binding(port, name, **params))
        return self.nwfctl("binding-create", path)
