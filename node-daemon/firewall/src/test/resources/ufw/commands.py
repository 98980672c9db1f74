"""ufw's own code, run on files below a directory: reads commands from standard input, one JSON list each."""

import gettext
import json
import os
import sys

gettext.install("ufw")

import ufw.common
import ufw.frontend

root = sys.argv[1]
# No look at the machine: not at who owns /etc, not at what its kernel can do.
ufw.common.do_checks = False
ufw.common.config_dir = os.path.join(root, "etc")
frontend = ufw.frontend.UFWFrontend(False)
frontend.backend.caps = {"limit": {"4": True, "6": True}}
frontend.backend.use_ipv6 = lambda: True
for line in sys.stdin:
    parsed = ufw.frontend.parse_command(["ufw"] + json.loads(line))
    frontend.set_rule(parsed.data["rule"], parsed.data["iptype"])
