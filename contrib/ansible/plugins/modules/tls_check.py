#!/usr/bin/python
# Copyright the trustmend authors
# MIT OR Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: tls_check
short_description: Whether a Java client with a store accepts a server
description:
  - Connects from the managed host and judges what the server presents by the rules of the store's own Java.
  - With O(kind=scim) also runs the SCIM connectivity test.
options:
  target:
    description: C(https://host:port/), or C(host:port).
    type: str
    required: true
  store:
    description: The store, as C(trustmend) takes it.
    type: str
    required: true
  kind:
    description: How it is tried.
    type: str
    choices: [tls, scim]
    default: tls
  resolve:
    description: Connect to ADDR where HOST:PORT is meant, as C(HOST:PORT:ADDR).
    type: list
    elements: str
    default: []
  fail_when_untrusted:
    description: Whether a no fails the task.
    type: bool
    default: true
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
- name: The agent reaches its SCIM server
  trustmend.fleet.tls_check:
    target: https://scim.corp.test:8443/
    store: java:/opt/OktaProvisioningAgent/jre
  retries: 10
  delay: 3
  register: answer
  until: answer is success
"""

RETURN = r"""
verdict:
  description: V(trusted), V(untrusted) or V(unreachable).
  returned: always
  type: str
findings:
  description: What is wrong, with remedies.
  returned: with O(kind=tls)
  type: list
presented:
  description: The chain that the server presents.
  returned: with O(kind=tls)
  type: list
steps:
  description: The steps of the SCIM test.
  returned: with O(kind=scim)
  type: list
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.trustmend.fleet.plugins.module_utils.cli import STORE, Cli, password_flags


def main():
    spec = dict(STORE)
    spec.update(
        target={"type": "str", "required": True},
        kind={"type": "str", "choices": ["tls", "scim"], "default": "tls"},
        resolve={"type": "list", "elements": "str", "default": []},
        fail_when_untrusted={"type": "bool", "default": True},
    )
    module = AnsibleModule(
        spec, supports_check_mode=True, mutually_exclusive=[("store_password", "store_password_file")]
    )
    params = module.params
    cli = Cli(module)
    command = "diagnose" if params["kind"] == "tls" else "check"
    arguments = [command, params["target"], "--store", params["store"]] + password_flags(module)
    for one in params["resolve"]:
        arguments += ["--resolve", one]
    code, document = cli.run(arguments)
    if document.get("error"):
        cli.fail(code, document, verdict="unreachable")
    if params["kind"] == "tls":
        one = document["targets"][0]
        seen = {key: one.get(key) for key in ("verdict", "findings", "presented", "predicted_error")}
        why = one.get("predicted_error") or "; ".join(finding["title"] for finding in one.get("findings") or [])
    else:
        failed = [step for step in document["steps"] if step["outcome"] == "fail"]
        seen = {"verdict": "untrusted" if failed else "trusted", "steps": document["steps"]}
        why = "; ".join("%(name)s: %(detail)s" % step for step in failed)
    if code != 0 and params["fail_when_untrusted"]:
        module.fail_json(msg="%s: %s: %s" % (params["target"], seen["verdict"], why), rc=code, **seen)
    module.exit_json(changed=False, **seen)


if __name__ == "__main__":
    main()
