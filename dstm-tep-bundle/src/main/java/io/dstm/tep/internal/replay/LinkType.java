package io.dstm.tep.internal.replay;

import java.util.Optional;

/** What frames begin with, by the numbers of capture files (draft-ietf-opsawg-pcaplinktype). */
enum LinkType {
    /** Two addresses and a type. */
    ETHERNET,
    /** Nothing: an IP packet of either version. */
    RAW,
    /** Linux cooked capture: 16 bytes, the type last. */
    COOKED,
    /** Linux cooked capture, version 2: 20 bytes, the type first. */
    COOKED_2;

    private static final int ETHERTYPE_IPV4 = 0x0800;
    private static final int ETHERTYPE_IPV6 = 0x86DD;
    private static final int MOST_TAGS = 2;

    private static final int IPV4_HEADER = 20;
    private static final int IPV6_HEADER = 40;

    /** What a frame is to the rules. */
    enum Content {
        /** An IP packet, or what its sender says is one. */
        PACKET,
        /** ARP, LLDP and the like. */
        NOT_IP,
        /** An IP packet of which the capture has only the beginning. */
        CUT_SHORT
    }

    static Optional<LinkType> of(int number) {
        return Optional.ofNullable(
                switch (number) {
                    case 1 -> ETHERNET;
                    // 12 is what some systems call 101 in memory and, against the book, in files.
                    case 12, 101, 228, 229 -> RAW;
                    case 113 -> COOKED;
                    case 276 -> COOKED_2;
                    default -> null;
                });
    }

    /** Finds the IP packet in {@code frame}, without what Ethernet or a capture tool put behind it. */
    static Content find(Frame frame) {
        int start =
                switch (frame.linkType) {
                    case ETHERNET -> behindTags(frame, 12);
                    case RAW -> 0;
                    case COOKED -> behindTags(frame, 14);
                    case COOKED_2 -> frame.length >= 20 && isIp(frame.u16(0)) ? 20 : -1;
                };
        if (start < 0) {
            return Content.NOT_IP;
        }
        int available = frame.length - start;
        int declared = declaredLength(frame, start, available);
        if (declared > available && frame.length < frame.wireLength) {
            return Content.CUT_SHORT;
        }
        frame.packetStart = start;
        frame.packetLength = declared < 0 ? available : Math.min(declared, available);
        return Content.PACKET;
    }

    private static boolean isIp(int type) {
        return type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6;
    }

    /** Where the IP packet begins if the type at {@code typeAt}, or one behind VLAN tags, says that there is one; else -1. */
    private static int behindTags(Frame frame, int typeAt) {
        int at = typeAt;
        for (int tags = 0; tags <= MOST_TAGS && frame.length >= at + 2; tags++) {
            int type = frame.u16(at);
            if (isIp(type)) {
                return at + 2;
            }
            // IEEE 802.1Q, 802.1ad, and what was used for the outer tag before.
            if (type != 0x8100 && type != 0x88A8 && type != 0x9100) {
                return -1;
            }
            at += 4;
        }
        return -1;
    }

    /** The packet's length by its own header; -1 if that is impossible, or left out as by offloading devices. */
    private static int declaredLength(Frame frame, int start, int available) {
        int version = available == 0 ? 0 : frame.u8(start) >> 4;
        if (version == 4) {
            // A capture that ends before the length field has too little in any case.
            int declared = available < IPV4_HEADER ? IPV4_HEADER : frame.u16(start + 2);
            return declared < IPV4_HEADER ? -1 : declared;
        }
        if (version == 6) {
            return available < IPV6_HEADER ? IPV6_HEADER : IPV6_HEADER + frame.u16(start + 4);
        }
        return -1;
    }
}
