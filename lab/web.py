"""An IPv4-only web server: GET a file, GET /bytes/N for N pseudo-random bytes, GET /whoami for the peer as seen from
here, PUT /NAME to hear the SHA-256 of what arrived. Debian's python3 alone."""

import hashlib
import http.server
import os
import random
import re
import socket
import sys

BLOCK = 1 << 20


def block_of(number):
    """The same MiB for the same number in every process, so that both ends can compute the checksum."""
    return random.Random(number % 16).randbytes(BLOCK)


class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/whoami":
            self.answer(f"{self.client_address[0]} {self.client_address[1]}\n".encode())
            return
        size = re.fullmatch(r"/bytes/(\d{1,12})", self.path)
        if size is None:
            super().do_GET()
            return
        left = int(size.group(1))
        self.send_response(200)
        self.send_header("Content-Length", str(left))
        self.end_headers()
        number = 0
        while left > 0:
            part = BLOCKS[number % 16][:left]
            self.wfile.write(part)
            left -= len(part)
            number += 1

    def do_PUT(self):
        left = int(self.headers.get("Content-Length", "0"))
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.send_response_only(100)
            self.end_headers()
        digest = hashlib.sha256()
        while left > 0:
            part = self.rfile.read(min(left, BLOCK))
            if not part:
                return
            digest.update(part)
            left -= len(part)
        self.answer((digest.hexdigest() + "\n").encode())

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET
    daemon_threads = True
    request_queue_size = 128


if __name__ == "__main__":
    address, port, directory = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    os.chdir(directory)
    BLOCKS = [block_of(number) for number in range(16)]
    Server((address, port), Handler).serve_forever()
