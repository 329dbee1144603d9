#!/usr/bin/python
# Copyright the trustmend authors
# MIT OR Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: trust
short_description: Make a Java trust store hold certificates, or not hold them
description:
  - Brings a JKS, JCEKS, PKCS12 or PEM store to what is declared, in one write.
  - A certificate is known by its SHA-256 fingerprint. Its alias is output, not identity.
  - Check mode makes the same plan, with the same failures, and shows the same difference.
options:
  store:
    description: The store, as C(trustmend) takes it, for example a path, C(java:/path/to/jre) or C(agent:NAME).
    type: str
    required: true
  certificates:
    description: What is declared. Not used with O(manifest).
    type: list
    elements: dict
    default: []
    suboptions:
      sha256:
        description: The SHA-256 fingerprint of each certificate in it, learnt another way.
        type: list
        elements: str
        required: true
      content:
        description: The certificate in PEM.
        type: str
      src:
        description: A file on the managed host.
        type: path
      state:
        description: Whether it should be trusted. V(absent) removes it under every alias.
        type: str
        choices: [present, absent]
        default: present
      reason:
        description: Why, for the record.
        type: str
        required: true
      alias:
        description: The alias, or a template with C({cn}), C({o}), C({serial}), C({sha256:8}), C({file}).
        type: str
      allow:
        description: Objections that were thought about.
        type: list
        elements: str
        choices: [leaf, expired, weak, interception, non-ca]
        default: []
  mode:
    description: With V(exact), entries that trustmend added and that are not declared any more go; others stay.
    type: str
    choices: [additive, exact]
    default: additive
  format:
    description: The format of the store if it is to be made. Without it, a missing store is a failure.
    type: str
    choices: [jks, jceks, pkcs12, pem]
  store_password:
    description: The store's password; C(changeit) if not given. It is handed on in the environment.
    type: str
  store_password_file:
    description: A file on the managed host whose first line is the password.
    type: path
  backup:
    description: Whether the old store is kept.
    type: bool
    default: true
  follow:
    description: Whether a store that is reached through a link may be written.
    type: bool
    default: false
  audit_log:
    description: Where the change is recorded; C(off) for nowhere.
    type: str
  executable:
    description: The program.
    type: path
    default: trustmend
attributes:
  check_mode:
    support: full
    description: Makes the same plan with the same failures.
  diff_mode:
    support: full
    description: The certificates before and after.
author: [The trustmend authors]
"""

EXAMPLES = r"""
- name: The agent trusts the company's CA
  trustmend.fleet.trust:
    store: /opt/OktaProvisioningAgent/jre/lib/security/cacerts
    certificates:
      - content: "{{ lookup('file', 'corp-root.pem') }}"
        sha256: ["AB:CD:..."]
        reason: CHG-4711
  notify: Restart the agent

- name: Nobody trusts the old one any more
  trustmend.fleet.trust:
    store: /opt/OktaProvisioningAgent/jre/lib/security/cacerts
    certificates:
      - sha256: ["01:23:..."]
        state: absent
        reason: CHG-4712, key lost
"""

RETURN = r"""
actions:
  description: What was done, or would be, entry by entry.
  returned: success
  type: list
store:
  description: The store before and after, with its SHA-256.
  returned: success
  type: dict
backup_file:
  description: The store as it was.
  returned: changed
  type: str
restart_required:
  description: Whether programs that read the store must be restarted.
  returned: success
  type: bool
error:
  description: What failed, with its code.
  returned: failure
  type: dict
"""

import os
import tempfile

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.trustmend.fleet.plugins.module_utils.cli import PASSWORD, STORE, Cli, table

CERTIFICATE = {
    "sha256": {"type": "list", "elements": "str", "required": True},
    "content": {"type": "str"},
    "src": {"type": "path"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "reason": {"type": "str", "required": True},
    "alias": {"type": "str"},
    "allow": {
        "type": "list",
        "elements": "str",
        "choices": ["leaf", "expired", "weak", "interception", "non-ca"],
        "default": [],
    },
}


def manifest(params):
    store = {
        "name": "store",
        "store": params["store"],
        "mode": params["mode"],
        "format": params["format"],
        "password-file": params["store_password_file"],
    }
    if params["store_password"] is not None and not params["store_password_file"]:
        store["password-env"] = PASSWORD
    parts = ["version = 1\n", table("store", store)]
    for one in params["certificates"]:
        parts.append(
            table(
                "certificate",
                {
                    "file": one["src"] and os.path.abspath(one["src"]),
                    "pem": one["content"],
                    "sha256": one["sha256"],
                    "reason": one["reason"],
                    "state": one["state"],
                    "alias": one["alias"],
                    "allow": one["allow"],
                },
            )
        )
    return "".join(parts)


def lines(entries):
    return "".join("%(sha256)s  %(alias)s  %(subject)s\n" % entry for entry in entries)


def main():
    spec = dict(STORE)
    spec.update(
        certificates={
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": CERTIFICATE,
            "mutually_exclusive": [("content", "src")],
        },
        mode={"type": "str", "choices": ["additive", "exact"], "default": "additive"},
        format={"type": "str", "choices": ["jks", "jceks", "pkcs12", "pem"]},
        backup={"type": "bool", "default": True},
        follow={"type": "bool", "default": False},
        audit_log={"type": "str"},
    )
    module = AnsibleModule(
        spec, supports_check_mode=True, mutually_exclusive=[("store_password", "store_password_file")]
    )
    cli = Cli(module)
    handle, path = tempfile.mkstemp(suffix=".toml", dir=module.tmpdir)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(manifest(module.params))
    arguments = ["sync", path]
    for flag, wanted in (
        ("--dry-run", module.check_mode),
        ("--yes", module.params["follow"]),
        ("--no-backup", not module.params["backup"]),
    ):
        arguments += [flag] if wanted else []
    if module.params["audit_log"]:
        arguments += ["--audit-log", module.params["audit_log"]]
    code, document = cli.run(arguments)
    if code != 0:
        cli.fail(code, document)
    done = document["stores"][0]
    diff = done["diff"]
    module.exit_json(
        changed=document["changed"],
        actions=done["steps"],
        store=done["store"],
        backup_file=done["backup"],
        restart_required=document["restart_required"],
        diff={
            "before_header": module.params["store"],
            "after_header": module.params["store"],
            "before": lines(diff["before"]),
            "after": lines(diff["after"]),
        },
    )


if __name__ == "__main__":
    main()
