package io.dstm.itests;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HexFormat;

/**
 * What a lw4o6 container says, read without any code of ours, and the tunnel that a router makes of it.
 *
 * @param address the IPv4 address
 * @param firstPort the lowest port, 0 to 65535
 * @param lastPort the highest
 * @param tunnelEnd the router's end of the tunnel (RFC 7596 figure 3)
 * @param tep the other end
 */
record Softwire(String address, int firstPort, int lastPort, String tunnelEnd, String tep) {

    private static final int BR = 90;
    private static final int V4V6BIND = 92;
    private static final int PORTPARAMS = 93;

    /** Reads the data of option 96: hexadecimal, colons between the octets or not, leading zeros left out as dhclient does. */
    static Softwire parse(String container) {
        ByteBuffer in = ByteBuffer.wrap(octets(container));
        byte[] tep = null;
        byte[] address = new byte[4];
        byte[] end = new byte[16];
        int psidLength = 0;
        int psid = 0;
        while (in.hasRemaining()) {
            int code = in.getShort();
            ByteBuffer data = in.slice(in.position() + 2, in.getShort());
            in.position(in.position() + data.limit());
            if (code == BR) {
                tep = new byte[16];
                data.get(tep);
            } else if (code == V4V6BIND) {
                data.get(address);
                int bits = data.get() & 0xFF;
                data.get(end, 0, (bits + 7) / 8);
                while (data.hasRemaining()) {
                    int inner = data.getShort();
                    int length = data.getShort();
                    if (inner != PORTPARAMS || length != 4) {
                        throw new AssertionError("option " + inner + " in " + container);
                    }
                    data.get();
                    psidLength = data.get();
                    psid = (data.getShort() & 0xFFFF) >> 16 - psidLength;
                }
                if (bits == 64) {
                    ByteBuffer.wrap(end).putShort(8, (short) 0).put(10, address).putShort(14, (short) psid);
                }
            } else {
                throw new AssertionError("option " + code + " in " + container);
            }
        }
        int first = psid << 16 - psidLength;
        return new Softwire(
                text(address), first, first + (1 << 16 - psidLength) - 1, text(end), tep == null ? "" : text(tep));
    }

    /** The same octets without colons. */
    static byte[] octets(String hexadecimal) {
        if (!hexadecimal.contains(":")) {
            return HexFormat.of().parseHex(hexadecimal);
        }
        StringBuilder digits = new StringBuilder();
        for (String octet : hexadecimal.split(":")) {
            digits.append(octet.length() == 1 ? "0" : "").append(octet);
        }
        return HexFormat.of().parseHex(digits);
    }

    private static String text(byte[] address) {
        try {
            String plain = InetAddress.getByAddress(address).getHostAddress();
            return address.length == 4 ? plain : compressed(plain);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    /** Java writes every zero; the appliance writes as RFC 5952 says. */
    private static String compressed(String plain) {
        String longest = "";
        java.util.regex.Matcher zeros =
                java.util.regex.Pattern.compile("(^|:)0(:0)+(:|$)").matcher(plain);
        while (zeros.find()) {
            longest = zeros.group().length() > longest.length() ? zeros.group() : longest;
        }
        return longest.isEmpty() ? plain : plain.replaceFirst(longest, "::");
    }

    /** Raises the router's end in a namespace: the tunnel, the address, the default route, and NAT that keeps the ports. */
    Process raise(Lab lab, String namespace) {
        sh(lab, namespace, "ip addr add " + tunnelEnd + "/128 dev access nodad");
        Process tunnel = tunnel(lab, namespace, tunnelEnd, tep);
        String ports = firstPort == 0
                ? ""
                : "nft add table ip lw; nft 'add chain ip lw out { type nat hook postrouting priority 100; }';"
                        + "for p in tcp udp icmp; do nft add rule ip lw out oifname lw meta l4proto $p"
                        + " snat to " + address + ":" + firstPort + "-" + lastPort + "; done;";
        sh(
                lab,
                namespace,
                "ip addr add " + address + "/32 dev lw; ip link set lw up mtu 1460; ip route add default dev lw src "
                        + address + ";" + ports);
        return tunnel;
    }

    /** A tunnel named lw from one address to another; it is gone when the program ends. */
    static Process tunnel(Lab lab, String namespace, String local, String remote) {
        Process tunnel = lab.spawn(namespace, "python3", lab.file("ce.py"), "lw", local, remote);
        Guest.awaitWritten(tunnel, "up");
        return tunnel;
    }

    /** Takes it away again. */
    void lower(Lab lab, String namespace, Process tunnel) {
        tunnel.destroy();
        Lab.finish(tunnel, Duration.ofSeconds(10));
        sh(lab, namespace, "ip addr del " + tunnelEnd + "/128 dev access; nft delete table ip lw 2>/dev/null || true");
    }

    private static void sh(Lab lab, String namespace, String script) {
        Lab.Result result = lab.run(namespace, "sh", "-ec", script);
        if (result.exit() != 0) {
            throw new AssertionError(script + ": " + result);
        }
    }
}
