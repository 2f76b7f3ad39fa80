"""A real Exim that takes mails for one domain over STARTTLS from whoever logs in, and keeps them in its queue."""

from __future__ import annotations

import pwd
import socket
from contextlib import suppress
from datetime import timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from os import getuid
from pathlib import Path

from tests import certificates
from tests.real.daemon import Daemon, free_port
from tools.parts import find

USER, PASSWORD = "ioc", "mat-khau-1"
CONFIG = """\
primary_hostname = mail.test
exim_user = {user}
spool_directory = {folder}/spool
log_file_path = {folder}/spool/%slog
keep_environment =
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
tls_advertise_hosts = *
tls_certificate = {certificate}
queue_only = true
spool_wireformat = false
message_size_limit = {most}
acl_smtp_rcpt = rcpt
acl_smtp_data = accept
begin acl
rcpt:
  deny message = 5.1.1 No such user
       local_parts = nobody
  defer message = 4.2.0 Greylisted
        local_parts = later
  accept domains = th.example.vn
         authenticated = *
  deny message = 5.7.1 Relaying denied
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{{account}}}}}{{eq{{$auth3}}{{{password}}}}}}}}}
  server_advertise_condition = ${{if def:tls_in_cipher}}
"""


class Exim:
    """Listens on a port of 127.0.0.1; `ca` is the authority of its certificate."""

    def __init__(self, folder: Path, *, most: str = "1M") -> None:
        self.port = free_port()
        self._queue = folder / "spool" / "input"
        folder.mkdir(parents=True, exist_ok=True)
        signer = certificates.authority(folder)
        self.ca = signer.file
        certificates.server(folder, signer, timedelta(days=9))
        (certificate,) = folder.glob("server-*.pem")
        config = CONFIG.format(
            user=pwd.getpwuid(getuid()).pw_name, folder=folder, port=self.port, certificate=certificate, most=most,
            account=USER, password=PASSWORD,
        )  # fmt: skip
        file = folder / "exim.conf"
        file.write_text(config, "utf-8")
        file.chmod(0o600)
        self._daemon = Daemon([find("exim"), "-C", file, "-bdf"], self._answers, folder)

    def start(self) -> None:
        """Start it and return once it greets."""
        self._daemon.start()

    def stop(self) -> None:
        self._daemon.stop()

    def taken(self) -> list[EmailMessage]:
        """The mails in its queue, in the order in which they came."""
        return [
            self._mail(head)
            for head in sorted(self._queue.glob("*-H"), key=lambda each: each.stat().st_mtime_ns)
        ]

    def _mail(self, head: Path) -> EmailMessage:
        """Exim keeps a mail's head with a length and a mark before each header, and the body in a file of its own."""
        _, _, written = head.read_bytes().partition(b"\n\n")
        headers = b""
        while written[:3].isdigit():
            length = int(written[:3])
            mark, headers_of = written[3:4], written[5 : 5 + length]
            headers += b"" if mark == b"*" else headers_of
            written = written[5 + length :]
        body = head.with_name(head.name[:-1] + "D").read_bytes().partition(b"\n")[2]
        return BytesParser(_class=EmailMessage, policy=policy.default).parsebytes(headers + b"\n" + body)

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as asked:
            return asked.recv(3) == b"220"
        return False
