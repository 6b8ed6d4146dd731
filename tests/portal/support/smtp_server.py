"""An SMTP server that is not ours (aiosmtpd). Its first line of output is its port; then each message
is a line of JSON, written before the sender gets its answer. The recipient's name says how it behaves. With the
argument "pipelining" it takes commands in groups, and tells of each message whether it came so."""
import asyncio, json, sys
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

USER, PASSWORD = sys.argv[1:3] if len(sys.argv) > 2 else (None, None)

REFUSED = {
    "unknown": "550 5.1.1 no such mailbox",
    "busy": "451 4.3.0 try again later",
    "full.": "552 5.2.2 the mailbox is full",
    "policy.": "550 5.7.1 refused because of its words",
    "size.": "552 5.3.4 too large",
    "wordless.": "550 no",
}


class Handler:
    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        if sys.argv[1:] == ["pipelining"]:
            responses.insert(1, "250-PIPELINING")
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):
        envelope.mail_from = address
        # What has arrived and was not read yet.
        envelope.grouped = bool(server._reader._buffer)
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        for name, answer in REFUSED.items():
            if address.startswith(name):
                return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        login = session.auth_data.login.decode() if session.authenticated else None
        message = {"from": envelope.mail_from, "to": envelope.rcpt_tos, "login": login, "data": envelope.content.decode(), "grouped": envelope.grouped}
        print(json.dumps(message), flush=True)
        if envelope.rcpt_tos[0].startswith("silent"):
            await asyncio.sleep(3600)
        return "250 2.0.0 taken"


def authenticate(server, session, envelope, mechanism, data):
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, auth_data=data)


async def serve():
    options = {"authenticator": authenticate, "auth_required": True, "auth_require_tls": False} if USER else {}
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(Handler(), **options), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(serve())
