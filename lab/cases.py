"""Runs one case of packets in and packets out against a TEP in the namespace edge, and says what differs.

usage: cases.py INSIDE OUTSIDE CASE      two namespaces (files below /run/netns) and a directory with table.json and captures

in4.pcap goes out on OUTSIDE's wire, in6.pcap on INSIDE's; what comes back must be out4.pcap and out6.pcap. What is masked or
undone before comparing is below, where it is done: what no RFC fixes, and what the kernel does as a router beside the rules.
Prints how much was sent, mended before sending and compared, and what differed, as JSON.
"""

import ctypes
import ipaddress
import json
import os
import select
import socket
import struct
import sys
import time

CLONE_NEWNET = 0x40000000
EDGE = {4: bytes.fromhex("020000000004"), 6: bytes.fromhex("020000000006")}
HERE = {4: bytes.fromhex("020000000104"), 6: bytes.fromhex("020000000106")}
ETHERTYPE = {4: 0x0800, 6: 0x86DD}
FENCE = b"the packets before me are through"
FENCE_ADDRESS = ipaddress.IPv4Address("198.51.100.9").packed
PATIENCE = 10
GRACE = 0.15


def wire_in(namespace, version):
    """A packet socket in another namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open("/run/netns/" + namespace, os.O_RDONLY)
    try:
        if libc.setns(there, CLONE_NEWNET):
            sys.exit(f"cannot enter {namespace}: {os.strerror(ctypes.get_errno())}")
        wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERTYPE[version]))
        wire.bind(("wire", ETHERTYPE[version]))
        libc.setns(home, CLONE_NEWNET)
        return wire
    finally:
        os.close(home)
        os.close(there)


def pcap(path):
    if not os.path.exists(path):
        return []
    data = open(path, "rb").read()
    order = ">" if data[:4] == b"\xa1\xb2\xc3\xd4" else "<"
    assert struct.unpack_from(order + "I", data, 20)[0] == 101, "raw IP"
    packets, at = [], 24
    while at < len(data):
        length = struct.unpack_from(order + "I", data, at + 8)[0]
        packets.append(data[at + 16 : at + 16 + length])
        at += 16 + length
    return packets


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def header_length(ipv4):
    return (ipv4[0] & 15) * 4


def has_sound_header(ipv4):
    return checksum(ipv4[: header_length(ipv4)]) == 0


def with_sound_header(ipv4):
    length = header_length(ipv4)
    header = ipv4[:10] + b"\0\0" + ipv4[12:length]
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + ipv4[length:]


def fences(table):
    """A packet for each side that must come out at the other, by the last binding of the table that has one port to name."""
    instance = table["ietf-softwire-br:br-instances"]["binding"]["bind-instance"][0]
    entry = instance["binding-table"]["binding-entry"][-1]
    ports = entry["port-set"]
    assert ports["psid-offset"] == 0
    port = ports["psid"] << (16 - ports["psid-len"]) or 4000
    client = ipaddress.IPv4Address(entry["binding-ipv4-addr"]).packed
    down = udp(FENCE_ADDRESS, client, 9, port)
    up = udp(client, FENCE_ADDRESS, port, 9)
    source = ipaddress.IPv6Address(entry["binding-ipv6info"]).packed
    tunnel = ipaddress.IPv6Address(entry["br-ipv6-addr"]).packed
    return {4: down, 6: struct.pack("!IHBB", 6 << 28, len(up), 4, 64) + source + tunnel + up}


def udp(source, destination, source_port, destination_port):
    body = struct.pack("!HHHH", source_port, destination_port, 8 + len(FENCE), 0) + FENCE
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 1, 0, 64, 17, 0) + source + destination
    return with_sound_header(header + body)


class Wires:
    def __init__(self, inside, outside):
        self.wires = {4: wire_in(outside, 4), 6: wire_in(inside, 6)}
        self.arrived = {4: [], 6: []}
        self.fenced = {4: False, 6: False}

    def send(self, version, packet):
        self.wires[version].send(EDGE[version] + HERE[version] + struct.pack("!H", ETHERTYPE[version]) + packet)

    def listen(self, until, patience):
        deadline = time.monotonic() + patience
        while not until():
            readable = select.select(list(self.wires.values()), [], [], max(0, deadline - time.monotonic()))[0]
            if not readable:
                return False
            for version, wire in self.wires.items():
                if wire in readable:
                    self.take(version, wire)
        return True

    def take(self, version, wire):
        frame, address = wire.recvfrom(65535)
        if address[2] == socket.PACKET_OUTGOING:
            return
        packet = frame[14:]
        # Minimum frames may be padded.
        packet = packet[: struct.unpack_from("!H", packet, 2)[0] if version == 4 else 40 + struct.unpack_from("!H", packet, 4)[0]]
        if version == 6 and is_chatter(packet):
            return
        if FENCE in packet:
            self.fenced[version] = True
        else:
            self.arrived[version].append(packet)


def is_chatter(packet):
    """Neighbour and multicast listener discovery of the edge's kernel."""
    if packet[6] == 0:
        return True
    return packet[6] == 58 and 130 <= packet[40] <= 143


def reassembled(packets):
    """Fragments put together: no RFC fixes where a packet is cut."""
    whole, parts = [], {}
    for packet in packets:
        if packet[0] >> 4 == 6:
            fragment, headers = packet[6] == 44, 48
            offset, more = struct.unpack_from("!H", packet, 42)[0] & 0xFFF8, struct.unpack_from("!H", packet, 42)[0] & 1
        else:
            field, headers = struct.unpack_from("!H", packet, 6)[0], header_length(packet)
            offset, more = (field & 0x1FFF) * 8, field & 0x2000
            fragment = offset or more
        if not fragment:
            whole.append(packet)
            continue
        parts[offset] = packet
        if more:
            continue
        data = b""
        for at in sorted(parts):
            assert at == len(data), "no gap and no overlap"
            data += parts[at][headers:]
        first = parts[0]
        if first[0] >> 4 == 6:
            whole.append(first[:4] + struct.pack("!HB", len(data), first[40]) + first[7:40] + data)
        else:
            whole.append(first[:2] + struct.pack("!H", headers + len(data)) + first[4:6] + b"\0\0" + first[8:headers] + data)
        parts = {}
    assert not parts, "fragments without a last one"
    return whole


def is_error(ipv4):
    return ipv4[9] == 1 and ipv4[header_length(ipv4)] in (3, 4, 5, 11, 12)


def comparable(packet, from_edge):
    packet = bytearray(packet)
    if packet[0] >> 4 == 6:
        # Flow label and hop limit.
        packet[1] &= 0xF0
        packet[2] = packet[3] = packet[7] = 0
        if packet[6] == 4:
            mask_ipv4(packet, 40)
    else:
        if from_edge and not is_error(packet):
            # The kernel forwards what the rules took out of the tunnel, and takes one off the TTL as every router does.
            packet[8] += 1
        mask_ipv4(packet, 0)
        if is_error(packet):
            # It took one off before the rules saw the packet that they quote, too.
            message = header_length(packet)
            quote = message + 8
            assert not from_edge or checksum(bytes(packet[message:])) == 0, "checksum of an ICMP error"
            packet[message + 2] = packet[message + 3] = 0
            packet[quote + 8] = packet[quote + 10] = packet[quote + 11] = 0
    return bytes(packet)


def mask_ipv4(packet, at):
    """Identification, the checksum that follows from it and from the TTL, and the TTL of errors."""
    packet[at + 4] = packet[at + 5] = packet[at + 10] = packet[at + 11] = 0
    if is_error(packet[at:]):
        packet[at + 8] = 0


def main(inside, outside, case):
    table = json.load(open(os.path.join(case, "table.json")))
    wires = Wires(inside, outside)
    expected = {version: pcap(os.path.join(case, f"out{version}.pcap")) for version in (4, 6)}
    sent = {version: pcap(os.path.join(case, f"in{version}.pcap")) for version in (4, 6)}
    # A kernel takes no packet with a wrong header checksum; some cases have such packets, by mistake.
    mended = [not has_sound_header(packet) for packet in sent[4]].count(True)
    for packet in sent[4]:
        wires.send(4, with_sound_header(packet))
    for packet in sent[6]:
        wires.send(6, packet)
    wires.listen(lambda: all(len(wires.arrived[v]) >= len(expected[v]) for v in (4, 6)), PATIENCE)
    for version, packet in fences(table).items():
        wires.send(version, packet)
    if not wires.listen(lambda: wires.fenced[4] and wires.fenced[6], PATIENCE):
        sys.exit(f"the packets behind the case did not come through: {wires.fenced}")
    # ICMP takes another way through the kernel than what the fence followed.
    wires.listen(lambda: False, GRACE)

    settings = table["case-settings"]
    differences = []
    for version in (4, 6):
        if any(len(packet) > settings[f"mtu-ipv{version}"] for packet in wires.arrived[version]):
            differences.append(f"IPv{version} packet longer than the MTU")
        ours = [comparable(packet, True).hex() for packet in reassembled(wires.arrived[version])]
        theirs = [comparable(packet, False).hex() for packet in reassembled(expected[version])]
        if ours != theirs:
            differences.append(f"IPv{version} side, came: {ours}, expected: {theirs}")
    print(json.dumps({
        "sent4": len(sent[4]),
        "sent6": len(sent[6]),
        "mended": mended,
        "compared4": len(reassembled(expected[4])),
        "compared6": len(reassembled(expected[6])),
        "differences": differences,
    }))


main(*sys.argv[1:])
