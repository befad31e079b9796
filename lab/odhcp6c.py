#!/usr/bin/env python3
"""Asks as OpenWrt's odhcp6c does and reads the answers by its rules; the packets are made here, octet by octet.

odhcp6c.py DEVICE: Solicit, Request, Renew and Release with IA_NA and IA_PD, Reconfigure Accept and the softwire containers in the
Option Request, the order of options as on OpenWrt's wire. Prints what a script of OpenWrt would get, one "name=value" a line.
"""
import os
import socket
import struct
import sys
import time

SOLICIT, ADVERTISE, REQUEST, RENEW, REPLY, RELEASE = 1, 2, 3, 5, 7, 8
CLIENTID, SERVERID, IA_NA, IAADDR, ORO, ELAPSED, STATUS = 1, 2, 3, 5, 6, 8, 13
RECONF_ACCEPT, IA_PD, IAPREFIX, FQDN = 20, 25, 26, 39
S46_BR, S46_V4V6BIND, S46_PORTPARAMS, S46_CONT_LW = 90, 92, 93, 96
# SIP, DNS, SNTP, NTP, AFTR-Name, PD_EXCLUDE, SOL_MAX_RT, INF_MAX_RT, MAP-E, MAP-T, lw4o6.
WANTED = (21, 22, 23, 24, 31, 56, 64, 67, 82, 83, 94, 95, 96)
# The program writes its IAID 1 in the order of the processor, little endian on most routers.
IAID = b"\x01\0\0\0"


def option(code, data=b""):
    return struct.pack("!HH", code, len(data)) + data


def options(data):
    """Every option as code and data; an option that claims more than there is ends the walk, as in odhcp6c."""
    at = 0
    while at + 4 <= len(data):
        code, length = struct.unpack_from("!HH", data, at)
        if at + 4 + length > len(data):
            raise SystemExit("option %d is cut" % code)
        yield code, data[at + 4 : at + 4 + length]
        at += 4 + length


class Client:
    def __init__(self, device):
        self.socket = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
        self.socket.bind(("::", 546))
        self.index = socket.if_nametoindex(device)
        with open("/sys/class/net/%s/address" % device) as mac:
            self.duid = struct.pack("!HH", 3, 1) + bytes.fromhex(mac.read().strip().replace(":", ""))
        self.server = b""
        self.address = self.prefix = None

    def message(self, kind, transaction, elapsed):
        out = bytes([kind]) + transaction
        out += option(ELAPSED, struct.pack("!H", min(0xFFFF, int(elapsed * 100))))
        out += option(ORO, struct.pack("!%dH" % len(WANTED), *WANTED))
        out += option(CLIENTID, self.duid)
        if self.server:
            out += option(SERVERID, self.server)
        asking = kind in (SOLICIT, REQUEST)
        if asking:
            out += option(RECONF_ACCEPT)
        out += option(FQDN, b"\0\x07openwrt")
        na = option(IAADDR, self.address + bytes(8)) if self.address else b""
        pd = option(IAPREFIX, bytes(8) + self.prefix) if self.prefix else b""
        if asking or na:
            out += option(IA_NA, IAID + bytes(8) + na)
        if asking or pd:
            out += option(IA_PD, IAID + bytes(8) + pd)
        return out

    def exchange(self, kind, wanted):
        transaction = os.urandom(3)
        began = time.monotonic()
        patience = 1.0
        while time.monotonic() - began < 20:
            message = self.message(kind, transaction, time.monotonic() - began)
            self.socket.sendto(message, ("ff02::1:2", 547, 0, self.index))
            until = time.monotonic() + patience
            while time.monotonic() < until:
                self.socket.settimeout(max(0.01, until - time.monotonic()))
                try:
                    answer = self.socket.recv(1536)
                except socket.timeout:
                    break
                if self.is_valid(answer, transaction, wanted):
                    return answer[4:]
            patience *= 2
        raise SystemExit("no valid answer to message type %d" % kind)

    def is_valid(self, answer, transaction, wanted):
        """Identifiers must be there and match octet for octet; an IAADDR or IAPREFIX at the top makes a Reply worthless."""
        if len(answer) < 4 or answer[0] != wanted or answer[1:4] != transaction:
            return False
        found = dict(options(answer[4:]))
        if IAADDR in found or IAPREFIX in found:
            raise SystemExit("an address outside its IA")
        return found.get(CLIENTID) == self.duid and (not self.server or found.get(SERVERID) == self.server)

    def read_lease(self, answer):
        for code, data in options(answer):
            if code == STATUS and data[:2] != b"\0\0":
                raise SystemExit("status %d" % data[1])
            if code in (IA_NA, IA_PD):
                if data[:4] != IAID:
                    raise SystemExit("an IA that nobody asked for")
                t1, t2 = struct.unpack_from("!II", data, 4)
                if t1 > t2:
                    raise SystemExit("T1 is behind T2")
                for inner, lease in options(data[12:]):
                    if inner == STATUS and lease[:2] != b"\0\0":
                        raise SystemExit("status %d in IA %d" % (lease[1], code))
                    if inner == IAADDR:
                        self.address = lease[:16]
                        print("address=" + socket.inet_ntop(socket.AF_INET6, self.address))
                    if inner == IAPREFIX:
                        self.prefix = lease[8:25]
                        print("prefix=%s/%d" % (socket.inet_ntop(socket.AF_INET6, lease[9:25]), lease[8]))

    @staticmethod
    def show_softwire(answer):
        """What odhcp6c hands to OpenWrt's map.sh, which shifts the PSID by the length itself."""
        for code, container in options(answer):
            if code in (S46_BR, S46_V4V6BIND, S46_PORTPARAMS):
                raise SystemExit("a softwire option outside its container")
            if code != S46_CONT_LW:
                continue
            print("LW4O6=" + container.hex())
            for inner, data in options(container):
                if inner == S46_BR:
                    print("br=" + socket.inet_ntop(socket.AF_INET6, data))
                elif inner == S46_V4V6BIND:
                    length = data[4]
                    octets = (length + 7) // 8
                    prefix = data[5 : 5 + octets] + bytes(16 - octets)
                    print("ipv4=" + socket.inet_ntop(socket.AF_INET, data[:4]))
                    print("bindprefix=%s/%d" % (socket.inet_ntop(socket.AF_INET6, prefix), length))
                    for deep, params in options(data[5 + octets :]):
                        if deep == S46_PORTPARAMS:
                            offset, bits, psid = struct.unpack("!BBH", params)
                            print("offset=%d\npsidlen=%d\npsid=%d" % (offset, bits, psid >> (16 - bits)))
                            if psid & (0xFFFF >> bits):
                                raise SystemExit("the PSID is not left-aligned")


def main():
    client = Client(sys.argv[1])
    advertised = client.exchange(SOLICIT, ADVERTISE)
    client.server = dict(options(advertised))[SERVERID]
    for kind in (REQUEST, RENEW):
        answer = client.exchange(kind, REPLY)
        client.read_lease(answer)
        client.show_softwire(answer)
    client.exchange(RELEASE, REPLY)
    print("released")


main()
