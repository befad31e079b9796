"""Programs at both ends of a path, for what no Debian tool does with a verdict. Debian's python3 alone.

usage: probe.py udp-echo ADDRESS PORT                 answer every datagram with itself
       probe.py udp ADDRESS PORT SIZE COUNT [PORT]    send COUNT datagrams of SIZE bytes, await each back; from a port of choice
       probe.py udp-mtu ADDRESS PORT                  discover the path MTU with datagrams that must not be fragmented
       probe.py udp-count ADDRESS PORT                print how many different datagrams came, once the stream says that it ends
       probe.py udp-stream ADDRESS PORT               send a stream of numbered datagrams until the input ends; print how many
       probe.py raw-echo PROTOCOL COUNT               answer COUNT packets of an IP protocol with themselves
       probe.py raw ADDRESS PROTOCOL COUNT            send COUNT packets of an IP protocol, await each back
       probe.py raw-send ADDRESS PROTOCOL COUNT       send them only

Protocol 50 is ESP as RFC 4303 has it: transport mode, NULL encryption, HMAC-SHA-256-128 with the key of KEY, and a packet
whose integrity check fails is not answered.
"""

import hashlib
import hmac
import os
import select
import socket
import struct
import sys
import time

KEY = bytes(range(32))
ICV_LENGTH = 16
IP_MTU_DISCOVER, IP_PMTUDISC_DO, IP_PMTUDISC_OMIT, IP_MTU = 10, 2, 5, 14
FIRST_SPI = 0x1000
STREAM_GAP, END = 0.005, b"end"
PATIENCE = 3
TRIES = 5


def udp_socket():
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def udp_echo(address, port):
    server = udp_socket()
    server.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT)
    server.bind((address, int(port)))
    print("ready", flush=True)
    while True:
        data, peer = server.recvfrom(65535)
        server.sendto(data, peer)


def answered(link, data, receive):
    """Whether the very same bytes come back within the patience."""
    deadline = time.monotonic() + PATIENCE
    while select.select([link], [], [], max(0, deadline - time.monotonic()))[0]:
        try:
            if receive() == data:
                return True
        except OSError:
            continue
    return False


def udp(address, port, size, count, source="0"):
    link = udp_socket()
    # Without the bit that forbids fragments, and as long as the device takes whatever is known of the path.
    link.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT)
    link.bind(("", int(source)))
    link.connect((address, int(port)))
    good = 0
    for _ in range(int(count)):
        data = os.urandom(int(size))
        for _ in range(TRIES):
            link.send(data)
            if answered(link, data, lambda: link.recv(65535)):
                good += 1
                break
    print(f"{good} of {count}")


def udp_mtu(address, port):
    """Prints the IPv4 path MTU at which a datagram came back, and what the kernel was told."""
    link = udp_socket()
    link.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO)
    link.connect((address, int(port)))
    for _ in range(4 * TRIES):
        mtu = link.getsockopt(socket.IPPROTO_IP, IP_MTU)
        data = os.urandom(mtu - 28)
        try:
            link.send(data)
        except OSError:
            continue
        if answered(link, data, lambda: link.recv(65535)):
            print(mtu)
            return
    sys.exit("a black hole")


def udp_count(address, port):
    server = udp_socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    server.bind((address, int(port)))
    seen = set()
    for data in iter(lambda: server.recv(100), END):
        seen.add(data)
    print(len(seen))


def udp_stream(address, port):
    link = udp_socket()
    count = 0
    while not select.select([sys.stdin], [], [], STREAM_GAP)[0]:
        link.sendto(b"%d" % count, (address, int(port)))
        count += 1
    # More than one, since nobody says that it came.
    for _ in range(40):
        link.sendto(END, (address, int(port)))
        time.sleep(0.05)
    print(count)


def packet(protocol, sequence, spi):
    payload = os.urandom(200)
    if protocol != 50:
        # First what would be ports, where a protocol has them.
        return struct.pack("!HHI", spi & 0xFFFF, spi & 0xFFFF, sequence) + payload
    # Trailer: padding to four bytes, its length, and "no next header" (RFC 4303 section 2.6).
    body = struct.pack("!II", spi, sequence) + payload + bytes([1, 2, 2, 59])
    return body + hmac.new(KEY, body, hashlib.sha256).digest()[:ICV_LENGTH]


def sound(protocol, data):
    if protocol != 50:
        return True
    body, icv = data[:-ICV_LENGTH], data[-ICV_LENGTH:]
    return hmac.compare_digest(hmac.new(KEY, body, hashlib.sha256).digest()[:ICV_LENGTH], icv)


def payload_of(whole):
    return whole[(whole[0] & 15) * 4 :]


def raw_echo(protocol, count):
    protocol = int(protocol)
    link = socket.socket(socket.AF_INET, socket.SOCK_RAW, protocol)
    print("ready", flush=True)
    left = int(count)
    while left > 0:
        whole, peer = link.recvfrom(65535)
        if sound(protocol, payload_of(whole)):
            link.sendto(payload_of(whole), peer)
            left -= 1


def raw(address, protocol, count):
    protocol = int(protocol)
    link = socket.socket(socket.AF_INET, socket.SOCK_RAW, protocol)
    link.connect((address, 0))
    good = 0
    for i in range(int(count)):
        data = packet(protocol, i + 1, FIRST_SPI)
        link.send(data)
        good += answered(link, data, lambda: payload_of(link.recv(65535)))
    print(f"{good} of {count}")


def raw_send(address, protocol, count):
    link = socket.socket(socket.AF_INET, socket.SOCK_RAW, int(protocol))
    link.connect((address, 0))
    for i in range(int(count)):
        link.send(packet(int(protocol), i + 1, FIRST_SPI))


COMMANDS = {
    "udp-echo": udp_echo,
    "udp": udp,
    "udp-mtu": udp_mtu,
    "udp-count": udp_count,
    "udp-stream": udp_stream,
    "raw-echo": raw_echo,
    "raw": raw,
    "raw-send": raw_send,
}

if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
    sys.exit(__doc__)
COMMANDS[sys.argv[1]](*sys.argv[2:])
