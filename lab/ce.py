#!/usr/bin/env python3
"""A lw4o6 customer edge or border relay in few lines, for kernels without the ip6_tunnel module: IPv4 of a TUN device goes into IPv6
packets to the other end and back. Ports are for the kernel's NAT to keep.

ce.py DEVICE LOCAL REMOTE: runs until it is ended; prints "up" when the device is there.
"""
import fcntl
import os
import select
import socket
import struct
import sys

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
IPIP = 4

device, local, remote = sys.argv[1:4]
tun = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH", device.encode(), IFF_TUN | IFF_NO_PI))
outer = socket.socket(socket.AF_INET6, socket.SOCK_RAW, IPIP)
# Bound to its end, so that a TEP of the same host is not disturbed; connected, so that nobody else's packets come in.
outer.bind((local, 0))
outer.connect((remote, 0))
print("up", flush=True)
while True:
    for ready in select.select([tun, outer], [], [])[0]:
        try:
            if ready is outer:
                os.write(tun, outer.recv(65535))
            else:
                packet = os.read(tun, 65535)
                if packet[0] >> 4 == 4:
                    outer.send(packet)
        except OSError as error:
            print(error, flush=True)
