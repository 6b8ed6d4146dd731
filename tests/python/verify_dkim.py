"""Verifies a mail with dkimpy, which shares nothing with the portal. Standard input is JSON: the mail, and DNS as a map from
names to records. Prints whether the signature holds and which headers it covers."""
import json, sys

import dkim

asked = json.load(sys.stdin)


def dns(name, timeout=5):
    return asked["dns"].get(name.decode().rstrip("."), "").encode()


verifier = dkim.DKIM(asked["mail"].encode())
try:
    holds = verifier.verify(dnsfunc=dns)
except dkim.DKIMException as error:
    holds = False
    print(error, file=sys.stderr)
covered = [name.decode().lower() for name, _ in verifier.signed_headers] if holds else []
print(json.dumps({"holds": holds, "covered": covered}))
