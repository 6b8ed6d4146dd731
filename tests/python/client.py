"""Uses the API through a client that a generator made from the OpenAPI document.

client.py PACKAGE_DIR BASE_URL ACCOUNT_SID USER SECRET: prints what it did, one line a step, and ends with `done`.
"""

import csv
import datetime
import importlib
import io
import json
import sys
import zipfile

import httpx

folder, base_url, account, user, secret = sys.argv[1:]
sys.path.insert(0, folder)
package = importlib.import_module("loss_express_api_client")
models = importlib.import_module("loss_express_api_client.models")
auth = httpx.BasicAuth(user, secret)
client = package.Client(base_url=base_url, httpx_args={"auth": auth}, raise_on_unexpected_status=True)


def operation(group, name):
    return importlib.import_module(f"loss_express_api_client.api.{group}.{name}")


def call(group, name, *args, expect=200, **kwargs):
    """The answer, read by the generated code, and its headers. A problem is read too."""
    answer = operation(group, name).sync_detailed(*args, client=client, **kwargs)
    assert answer.status_code == expect, (name, answer.status_code, answer.content)
    return answer.parsed, answer.headers


def pages(group, name, **filters):
    """Every entry of a list: follows `next` until there is none."""
    found, after = [], package.types.UNSET
    while True:
        page, _ = call(group, name, account, after=after, **filters)
        found += page.data
        if not page.next_:
            return found
        after = httpx.URL(page.next_).params["after"]


def claim(number):
    return models.ClaimDraft.from_dict(
        {
            "claim_number": f"P-{number}",
            "insurer": "Example Mutual",
            "state": "open" if number % 2 else "closed",
            "lost_on": "2026-11-02",
            "parties": [{"role": "claimant", "name": "Ada Lovelace", "emails": ["ada@example.com"], "phones": []}],
            "vehicle": {"vin": "1HGCM82633A004352"},
            "claimed_amount": {"value": 125_000, "currency": "USD"},
        }
    )


def content_file(content, media_type):
    return package.types.File(payload=io.BytesIO(content), file_name="claims", mime_type=media_type)


def files():
    """Imports a file of both kinds of lines, and exports it again."""
    lines = "claim_number,insurer,state,lost_on,claimant_name\n"
    lines += "".join(f"F-{number},Example Mutual,open,2026-11-02,Bob Example\n" for number in range(300))
    sent = content_file(lines.encode(), "text/csv")
    mode = models.ImportClaimsMode("best_effort")
    told, _ = call("claims", "import_claims", account, body=sent, mode=mode, idempotency_key="file")
    assert (told.imported, told.refused) == (300, 0), told
    wrong = content_file(lines.replace("open", "ajar").encode(), "text/csv")
    problem, _ = call("claims", "import_claims", account, body=wrong, expect=422)
    assert problem.status == 422, problem
    exported, _ = call("claims", "export_claims", account, insurer="Example Mutual")
    numbers = {json.loads(line)["claim_number"] for line in exported.payload.read().splitlines()}
    assert {f"F-{number}" for number in range(300)} <= numbers
    table, _ = call("claims", "export_claims", account, format_=models.ExportClaimsFormat("csv"))
    rows = list(csv.DictReader(io.StringIO(table.payload.read().decode())))
    assert len(rows) == len(numbers) == len(pages("claims", "list_claims", limit=200))
    for one in pages("claims", "list_claims", limit=200):
        if one.claim_number.startswith("F-"):
            call("claims", "delete_claim", account, one.sid, expect=204)
    print("files", len(rows))


def storage():
    choices, _ = call("storage", "list_storage_choices", account)
    product = models.DecideStorageProduct("communications")
    _, headers = call("storage", "read_storage_choice", account, models.ReadStorageChoiceProduct("communications"))
    longer = {"stored": True, "days": 3650}

    def decide(fields, **more):
        body = models.NewStorageChoice.from_dict(fields)
        return call("storage", "decide_storage", account, product, body=body, if_match=headers["etag"], **more)

    problem, _ = decide(longer, expect=422)
    price = int(problem.errors[0].detail.split()[1])
    choice, _ = decide(longer | {"accepted_price_cents": price})
    assert (choice.days, choice.price_cents) == (3650, price), choice
    stale, _ = decide({"stored": True, "days": 7}, expect=412)
    assert stale.status == 412, stale
    kept, _ = call("storage", "list_storage_choices", account)
    assert {one.product: one.days for one in kept.data}["communications"] == 3650, kept
    print("storage", {choice.product: choice.days for choice in choices.data})


def claims():
    made = [call("claims", "create_claim", account, body=claim(number), expect=201) for number in range(5)]
    first, headers = made[0]
    again, _ = call("claims", "create_claim", account, body=claim(9), idempotency_key="nine", expect=201)
    copy, replayed = call("claims", "create_claim", account, body=claim(9), idempotency_key="nine", expect=201)
    assert (copy.sid, replayed["idempotent-replayed"]) == (again.sid, "true")
    read, headers = call("claims", "read_claim", account, first.sid)
    assert (read.claim_number, read.lost_on) == ("P-0", datetime.date(2026, 11, 2)), read
    patch = models.ClaimPatch.from_dict({"state": "settled", "notes": None})
    changed, newer = call("claims", "change_claim", account, first.sid, body=patch, if_match=headers["etag"])
    assert (str(changed.state), newer["etag"] != headers["etag"]) == ("settled", True)
    stale, _ = call("claims", "change_claim", account, first.sid, body=patch, if_match=headers["etag"], expect=412)
    assert stale.status == 412 and stale.title, stale
    listed = [one.sid for one in pages("claims", "list_claims", limit=2)]
    assert listed == [again.sid] + [one.sid for one, _ in reversed(made)], listed
    state = models.ClaimState("open")
    assert [one.claim_number for one in pages("claims", "list_claims", limit=2, state=state)] == ["P-9", "P-3", "P-1"]
    taken, _ = call("claims", "create_claim", account, body=claim(3), expect=409)
    assert taken.status == 409
    call("claims", "delete_claim", account, again.sid, expect=204)
    call("claims", "read_claim", account, again.sid, expect=404)
    print("claims", len(pages("claims", "list_claims")))
    return first


def communications(about):
    def letter(to, **more):
        fields = {"channel": "email", "direction": "outbound", "from": "claims@insurer.example", "to": to}
        return models.NewCommunication.from_dict(fields | more)

    def create(body, **more):
        return call("communications", "create_communication", account, body=body, expect=201, **more)

    first, headers = create(letter("ada@example.com", claim=about.sid))
    others = [create(letter(f"person-{number}@example.com"))[0] for number in range(3)]
    read, headers = call("communications", "read_communication", account, first.sid)
    assert (read.to, read.claim, read.body_stored) == ("ada@example.com", about.sid, False), read
    change = models.CommunicationChange.from_dict({"friendly_name": "Second reminder", "claim": None})
    changed, newer = call(
        "communications", "change_communication", account, first.sid, body=change, if_match=headers["etag"]
    )
    assert (changed.friendly_name, changed.claim) == ("Second reminder", None), changed
    call(
        "communications", "change_communication", account, first.sid, body=change, if_match=headers["etag"], expect=412
    )
    report = models.NewCommunicationStatus.from_dict({"status": "delivered", "detail": "250 2.0.0 OK"})
    call("communications", "report_communication_status", account, first.sid, body=report, expect=201)
    steps, _ = call("communications", "list_communication_statuses", account, first.sid)
    assert [str(step.status) for step in steps.data] == ["delivered", "queued"], steps
    listed = [one.sid for one in pages("communications", "list_communications", limit=2)]
    assert listed == [one.sid for one in reversed([first, *others])], listed
    delivered = pages("communications", "list_communications", status=models.Status("delivered"))
    assert [one.sid for one in delivered] == [first.sid]
    call("communications", "delete_communication", account, others[0].sid, expect=204)
    call("communications", "read_communication", account, others[0].sid, expect=404)
    print("communications", len(pages("communications", "list_communications")))


def end_users():
    who = {"kind": "email", "value": "ada@example.com"}
    wish = models.NewRestriction.from_dict(who | {"reason": "She asked for it"})
    restriction, _ = call("end_users", "restrict_end_user", account, body=wish, expect=201)
    call("end_users", "read_restriction", account, restriction.sid)
    copy, _ = call("end_users", "export_end_user", account, body=models.EndUser.from_dict(who))
    with zipfile.ZipFile(copy.payload) as archive:
        assert archive.testzip() is None and "manifest.json" in archive.namelist(), archive.namelist()
    assert pages("claims", "list_claims") == []
    call("end_users", "lift_restriction", account, restriction.sid)
    receipt, _ = call("end_users", "delete_end_user", account, body=models.EndUser.from_dict(who), expect=201)
    assert (receipt.claims, receipt.communications) == (5, 1), receipt
    assert pages("claims", "list_claims") == []
    print("end users", receipt.sid[:2])


storage()
communications(claims())
files()
end_users()
print("done")
