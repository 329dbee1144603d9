#!/usr/bin/python
# Copyright the trustmend authors
# MIT OR Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: dev_certificate
short_description: A development certificate, and a keystore with it
description:
  - Makes a certificate signed by a local authority with C(trustmend generate), unless there is one for the same names that is
    valid long enough. Never for production.
options:
  names:
    description: DNS names and IP addresses.
    type: list
    elements: str
    required: true
  path:
    description: The folder for the PEM files.
    type: path
    required: true
  ca_path:
    description: The folder of the authority.
    type: path
  keystore:
    description: A keystore to make.
    type: path
  keystore_password_file:
    description: A file whose first line is its password; a random one is made beside it if not given.
    type: path
  renew_days:
    description: It is made anew when it is valid for fewer days.
    type: int
    default: 30
  executable:
    description: The program.
    type: path
    default: trustmend
attributes:
  check_mode:
    support: full
    description: Tells whether one would be made.
  diff_mode:
    support: none
    description: Keys are not shown.
author: [The trustmend authors]
"""

EXAMPLES = r"""
- name: A certificate for the test server
  trustmend.fleet.dev_certificate:
    names: [scim.corp.test, 127.0.0.1]
    path: /etc/scim/tls
    keystore: /etc/scim/scim.p12
"""

RETURN = r"""
files:
  description: What was made.
  returned: when one was made
  type: dict
"""

import datetime
import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.trustmend.fleet.plugins.module_utils.cli import Cli


def is_good(cli, params):
    """Whether the certificate that is there will do."""
    leaf = os.path.join(params["path"], "cert.pem")
    if not os.path.exists(leaf) or (params["keystore"] and not os.path.exists(params["keystore"])):
        return False
    code, document = cli.run(["inspect", "file:" + leaf])
    targets = document.get("targets") or []
    if code != 0 or not targets or not targets[0].get("presented"):
        return False
    certificate = targets[0]["presented"][0]
    names = {name.split(":", 1)[1].lower() for name in certificate["san"] or []}
    end = datetime.datetime.strptime(certificate["not_after"][:19], "%Y-%m-%dT%H:%M:%S")
    left = end - datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    return names == {name.lower() for name in params["names"]} and left.days >= params["renew_days"]


def main():
    module = AnsibleModule(
        {
            "names": {"type": "list", "elements": "str", "required": True},
            "path": {"type": "path", "required": True},
            "ca_path": {"type": "path"},
            "keystore": {"type": "path"},
            "keystore_password_file": {"type": "path", "no_log": False},
            "renew_days": {"type": "int", "default": 30},
            "executable": {"type": "path", "default": "trustmend"},
        },
        supports_check_mode=True,
    )
    params = module.params
    cli = Cli(module)
    if is_good(cli, params):
        module.exit_json(changed=False)
    if module.check_mode:
        module.exit_json(changed=True)
    arguments = ["generate"] + params["names"] + ["--out", params["path"], "--force"]
    for flag, key in (
        ("--ca-dir", "ca_path"),
        ("--keystore", "keystore"),
        ("--keystore-password-file", "keystore_password_file"),
    ):
        arguments += [flag, params[key]] if params[key] else []
    code, document = cli.run(arguments)
    if code != 0:
        cli.fail(code, document)
    module.exit_json(changed=True, files=document["files"], certificate=document["certificate"]["sha256"])


if __name__ == "__main__":
    main()
