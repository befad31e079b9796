package io.dstm.datapath.internal.netlink;

import io.dstm.api.datapath.DatapathException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the hardware addresses of Ethernet devices. */
public final class HardwareAddresses {

    private static final int NEW_LINK = 16;
    private static final int GET_LINK = 18;
    private static final int LINK_FIXED = 16;
    private static final int LINK_ADDRESS = 1;
    private static final int ETHERNET = 1;
    private static final int OCTETS = 6;

    private HardwareAddresses() {}

    /** The addresses by the index of their device, each in the lower 48 bits; devices that are no Ethernet are left out. */
    public static Map<Integer, Long> read(@Nullable Path nativeDirectory) throws DatapathException {
        Map<Integer, Long> addresses = new HashMap<>();
        try {
            NetlinkRequest request = new NetlinkRequest(GET_LINK, NetlinkRequest.FLAG_DUMP).link(0, 0, 0);
            for (NetlinkMessage message : new Netlink(nativeDirectory).request(request)) {
                if (message.type() != NEW_LINK || message.body().capacity() < LINK_FIXED) {
                    continue;
                }
                ByteBuffer address = message.attributes(LINK_FIXED).get(LINK_ADDRESS);
                if (message.body().getShort(2) == ETHERNET && address != null && address.capacity() == OCTETS) {
                    addresses.put(message.body().getInt(4), number(address));
                }
            }
        } catch (NetlinkException failure) {
            throw new DatapathException("Cannot list the network devices: " + failure.getMessage(), failure);
        }
        return addresses;
    }

    private static long number(ByteBuffer octets) {
        long value = 0;
        for (int i = 0; i < OCTETS; i++) {
            value = value << 8 | octets.get(i) & 0xFF;
        }
        return value;
    }
}
