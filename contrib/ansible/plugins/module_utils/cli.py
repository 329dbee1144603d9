# Copyright the trustmend authors
# MIT OR Apache-2.0
"""Runs trustmend and reads its one JSON document. Passwords go through the environment, never through arguments."""

from __future__ import annotations

import json
import os

PASSWORD = "TRUSTMEND_STORE_PASSWORD"

STORE = {
    "store": {"type": "str", "required": True},
    "store_password": {"type": "str", "no_log": True},
    "store_password_file": {"type": "path", "no_log": False},
    "executable": {"type": "path", "default": "trustmend"},
}


def toml(value):
    """A value as TOML. A JSON string is a TOML string, but for DEL."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(toml(one) for one in value) + "]"
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")


def table(name, values):
    """One table of an array; what is None is left out."""
    lines = ["[[%s]]" % name]
    lines += ["%s = %s" % (key, toml(value)) for key, value in values.items() if value not in (None, [])]
    return "\n".join(lines) + "\n"


def password_flags(module):
    if module.params.get("store_password_file"):
        return ["--store-password-file", module.params["store_password_file"]]
    if module.params.get("store_password") is not None:
        return ["--store-password-env", PASSWORD]
    return []


class Cli:
    def __init__(self, module):
        self.module = module
        name = module.params["executable"]
        self.path = name if os.path.isabs(name) else module.get_bin_path(name, required=True)

    def run(self, arguments):
        """Exit code and document. What gives no document is a failure of the module."""
        environment = {"LC_ALL": "C.UTF-8", "NO_COLOR": "1"}
        if self.module.params.get("store_password") is not None:
            environment[PASSWORD] = self.module.params["store_password"]
        argv = [self.path] + arguments + ["--json"]
        code, out, err = self.module.run_command(argv, environ_update=environment)
        try:
            document = json.loads(out)
        except ValueError:
            self.module.fail_json(msg="trustmend gave no document: %s" % (err or out).strip(), rc=code)
        return code, document

    def fail(self, code, document, **more):
        """Fails with the words and the code of the program."""
        error = document.get("error") or {}
        hints = error.get("hints") or []
        text = error.get("message") or "trustmend ended with %d" % code
        if hints:
            text += " (%s)" % "; ".join(hints)
        self.module.fail_json(msg=text, rc=code, error=error, **more)
