#!/usr/bin/python
# Copyright the trustmend authors
# MIT OR Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: trust_info
short_description: What a Java trust store holds and what is wrong with it
description:
  - Lists the entries of a store and what C(trustmend audit) finds in it. Changes nothing.
options:
  store:
    description: The store, as C(trustmend) takes it.
    type: str
    required: true
  days:
    description: What expires within so many days is a finding.
    type: int
    default: 30
  manifest:
    description: A manifest on the managed host to compare the store with.
    type: path
  store_password:
    description: The store's password; C(changeit) if not given.
    type: str
  store_password_file:
    description: A file on the managed host whose first line is the password.
    type: path
  executable:
    description: The program.
    type: path
    default: trustmend
attributes:
  check_mode:
    support: full
    description: It never changes anything.
  diff_mode:
    support: none
    description: It never changes anything.
author: [The trustmend authors]
"""

EXAMPLES = r"""
- name: What the agent trusts
  trustmend.fleet.trust_info:
    store: java:/opt/OktaProvisioningAgent/jre
  register: trust
"""

RETURN = r"""
entries:
  description: The entries, as C(trustmend list --json) gives them.
  returned: success
  type: list
findings:
  description: What is wrong in the store.
  returned: success
  type: list
drift:
  description: How it differs from O(manifest).
  returned: when O(manifest) is given
  type: list
fingerprints:
  description: The SHA-256 fingerprints that clients trust.
  returned: success
  type: list
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.trustmend.fleet.plugins.module_utils.cli import STORE, Cli, password_flags


def main():
    spec = dict(STORE)
    spec.update(days={"type": "int", "default": 30}, manifest={"type": "path"})
    module = AnsibleModule(
        spec, supports_check_mode=True, mutually_exclusive=[("store_password", "store_password_file")]
    )
    cli = Cli(module)
    flags = password_flags(module)
    code, listed = cli.run(["list", module.params["store"]] + flags)
    if code != 0:
        cli.fail(code, listed)
    arguments = ["audit", module.params["store"], "--days", str(module.params["days"])] + flags
    if module.params["manifest"]:
        arguments += ["--against", module.params["manifest"]]
    code, audited = cli.run(arguments)
    if code not in (0, 1) or audited.get("error"):
        cli.fail(code, audited)
    trusted = [entry for entry in listed["entries"] if entry["anchor_for_java"]]
    module.exit_json(
        changed=False,
        store=listed["store"],
        entries=listed["entries"],
        findings=audited["findings"],
        drift=audited.get("drift"),
        fingerprints=sorted({entry["certificates"][0]["sha256"] for entry in trusted}),
    )


if __name__ == "__main__":
    main()
