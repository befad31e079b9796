"""Sends tunnelled packets that no honest client would send: every address and port is the caller's choice.

usage: send.py OUTER_SOURCE OUTER_DESTINATION INNER_SOURCE INNER_DESTINATION udp|tcp|icmp|esp SOURCE_PORT DESTINATION_PORT COUNT
"""

import ipaddress
import socket
import struct
import sys


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def main():
    outer_source, outer_destination = (ipaddress.IPv6Address(text).packed for text in sys.argv[1:3])
    source, destination = (ipaddress.IPv4Address(text).packed for text in sys.argv[3:5])
    protocol = {"icmp": 1, "tcp": 6, "udp": 17, "esp": 50}[sys.argv[5]]
    source_port, destination_port, count = (int(text) for text in sys.argv[6:9])

    payload = b"not an honest packet"
    if protocol == 1:
        transport = struct.pack("!BBHHH", 8, 0, 0, source_port, 1) + payload
        transport = transport[:2] + struct.pack("!H", checksum(transport)) + transport[4:]
    elif protocol == 50:
        transport = struct.pack("!II", 0x1000, 1) + payload
    else:
        if protocol == 17:
            transport, at = struct.pack("!HHHH", source_port, destination_port, 8 + len(payload), 0) + payload, 6
        else:
            transport, at = struct.pack("!HHIIHHHH", source_port, destination_port, 1, 0, 0x5002, 1024, 0, 0), 16
        pseudo = source + destination + struct.pack("!BBH", 0, protocol, len(transport))
        transport = transport[:at] + struct.pack("!H", checksum(pseudo + transport)) + transport[at + 2 :]
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(transport), 1, 0, 64, protocol, 0) + source + destination
    header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
    inner = header + transport
    outer = struct.pack("!IHBB", 6 << 28, len(inner), 4, 64) + outer_source + outer_destination

    # IPPROTO_RAW: the kernel takes the outer header as it is written here.
    sender = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
    target = (str(ipaddress.IPv6Address(outer_destination)), 0)
    for _ in range(count):
        sender.sendto(outer + inner, target)


main()
