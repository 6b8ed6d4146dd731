"""Uses the API through a client that a generator made from the OpenAPI document.

client.py PACKAGE_DIR BASE_URL ACCOUNT_SID USER SECRET: prints what it did, one line a step, and ends with `done`.
"""

import importlib
import sys

import httpx

folder, base_url, account, user, secret = sys.argv[1:]
sys.path.insert(0, folder)
package = importlib.import_module("loss_express_api_client")
auth = httpx.BasicAuth(user, secret)
client = package.Client(base_url=base_url, httpx_args={"auth": auth}, raise_on_unexpected_status=True)


def operation(group, name):
    return importlib.import_module(f"loss_express_api_client.api.{group}.{name}")


choices = operation("storage", "list_storage_choices").sync(account, client=client)
print("storage", {choice.product: choice.days for choice in choices.data})
print("done")
