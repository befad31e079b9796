package io.dstm.datapath.internal.netlink;

import io.dstm.api.datapath.DatapathException;
import io.dstm.datapath.internal.nativecode.Errno;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Programs for tc as filters of the qdisc clsact, in the network of the calling thread. They stand beside those of others: by a preference of
 * their own, and with names by which they are known again. The qdisc is made where there is none, and stays: the kernel knows no way to
 * take it away only if nobody else has come to use it.
 */
public final class BpfFilters {

    /** Which packets of a device are shown to a filter. */
    public enum Hook {
        /** Those that come in. */
        IN(0xFFFF_FFF2),
        /** Those that go out. */
        OUT(0xFFFF_FFF3);

        private final int parent;

        Hook(int parent) {
            this.parent = parent;
        }
    }

    /**
     * A filter of ours.
     *
     * @param device the index of the device
     * @param hook where it sits there
     * @param handle by which the kernel knows it there
     * @param name whose it is
     * @param program the number of its program
     */
    public record Filter(int device, Hook hook, int handle, String name, int program) {}

    private static final int NEW_QDISC = 36;
    private static final int GET_QDISC = 38;
    private static final int NEW_FILTER = 44;
    private static final int DELETE_FILTER = 45;
    private static final int GET_FILTER = 46;

    private static final int FIXED = 20;
    private static final int KIND = 1;
    private static final int OPTIONS = 2;
    private static final int BPF_DESCRIPTOR = 6;
    private static final int BPF_NAME = 7;
    private static final int BPF_FLAGS = 8;
    private static final int BPF_ID = 11;
    private static final int DIRECT_ACTION = 1;

    private static final String CLSACT = "clsact";
    private static final String BPF = "bpf";
    private static final int CLSACT_PARENT = 0xFFFF_FFF1;
    private static final int CLSACT_HANDLE = 0xFFFF_0000;

    /** Behind what others have put there with small numbers, before what the kernel numbers by itself. */
    private static final int PREFERENCE = 17_491;

    private static final int ALL_PROTOCOLS = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN ? 0x0300 : 0x0003;

    private static final int INFO = PREFERENCE << 16 | ALL_PROTOCOLS;

    private static final Netlink NETLINK = new Netlink(null);

    private BpfFilters() {}

    /** Puts a program on a device; the one of that name is replaced in one step, so that each packet is shown to one of them. */
    public static void put(int device, Hook hook, String name, int descriptor) throws DatapathException {
        try {
            makeQdisc(device);
            // The kernel finds a number for a new one, since others may do the same at this moment.
            int handle = list(device, hook).stream()
                    .filter(filter -> filter.name.equals(name))
                    .findFirst()
                    .map(Filter::handle)
                    .orElse(0);
            NetlinkRequest request = new NetlinkRequest(
                            NEW_FILTER, NetlinkRequest.FLAG_ACK | NetlinkRequest.FLAG_CREATE)
                    .traffic(device, handle, hook.parent, INFO)
                    .text(KIND, BPF);
            int options = request.begin(OPTIONS);
            request.number(BPF_DESCRIPTOR, descriptor).text(BPF_NAME, name).number(BPF_FLAGS, DIRECT_ACTION);
            NETLINK.request(request.end(options));
        } catch (NetlinkException refused) {
            throw new DatapathException(String.valueOf(refused.getMessage()), refused);
        }
    }

    private static void makeQdisc(int device) throws NetlinkException, DatapathException {
        try {
            NETLINK.request(new NetlinkRequest(
                            NEW_QDISC,
                            NetlinkRequest.FLAG_ACK | NetlinkRequest.FLAG_CREATE | NetlinkRequest.FLAG_EXCLUSIVE)
                    .traffic(device, CLSACT_HANDLE, CLSACT_PARENT, 0)
                    .text(KIND, CLSACT));
        } catch (NetlinkException refused) {
            if (refused.errno() != Errno.EEXIST) {
                throw refused;
            }
        }
    }

    /** Takes away those on a device that are meant; none if it is gone. */
    public static void remove(int device, Predicate<Filter> meant) throws DatapathException {
        try {
            for (Hook hook : Hook.values()) {
                for (Filter filter : list(device, hook)) {
                    if (meant.test(filter)) {
                        NETLINK.request(new NetlinkRequest(DELETE_FILTER, NetlinkRequest.FLAG_ACK)
                                .traffic(device, filter.handle, hook.parent, INFO)
                                .text(KIND, BPF));
                    }
                }
            }
        } catch (NetlinkException refused) {
            // Devices go, and all that is on them.
            if (refused.errno() != Errno.ENODEV && refused.errno() != Errno.ENOENT) {
                throw new DatapathException(String.valueOf(refused.getMessage()), refused);
            }
        }
    }

    /** The same on all devices. */
    public static void removeEverywhere(Predicate<Filter> meant) throws DatapathException {
        List<NetlinkMessage> qdiscs;
        try {
            qdiscs = NETLINK.request(new NetlinkRequest(GET_QDISC, NetlinkRequest.FLAG_DUMP).traffic(0, 0, 0, 0));
        } catch (NetlinkException none) {
            // A kernel without traffic control.
            return;
        }
        for (NetlinkMessage qdisc : qdiscs) {
            if (qdisc.type() == NEW_QDISC
                    && qdisc.body().capacity() >= FIXED
                    && isKind(CLSACT, qdisc.attributes(FIXED))) {
                remove(qdisc.body().getInt(4), meant);
            }
        }
    }

    private static List<Filter> list(int device, Hook hook) throws NetlinkException, DatapathException {
        List<Filter> filters = new ArrayList<>();
        for (NetlinkMessage message : NETLINK.request(
                new NetlinkRequest(GET_FILTER, NetlinkRequest.FLAG_DUMP).traffic(device, 0, hook.parent, INFO))) {
            if (message.type() == NEW_FILTER
                    && message.body().capacity() >= FIXED
                    && message.body().getInt(16) == INFO) {
                read(message, device, hook).ifPresent(filters::add);
            }
        }
        return filters;
    }

    private static Optional<Filter> read(NetlinkMessage message, int device, Hook hook) {
        Map<Integer, ByteBuffer> attributes = message.attributes(FIXED);
        ByteBuffer options = attributes.get(OPTIONS);
        int handle = message.body().getInt(8);
        if (handle == 0 || options == null || !isKind(BPF, attributes)) {
            return Optional.empty();
        }
        Map<Integer, ByteBuffer> described = NetlinkMessage.attributes(options, 0);
        ByteBuffer name = described.get(BPF_NAME);
        ByteBuffer program = described.get(BPF_ID);
        return name == null || program == null || program.capacity() < 4
                ? Optional.empty()
                : Optional.of(new Filter(device, hook, handle, NetlinkMessage.text(name), program.getInt(0)));
    }

    private static boolean isKind(String kind, Map<Integer, ByteBuffer> attributes) {
        ByteBuffer told = attributes.get(KIND);
        return told != null && NetlinkMessage.text(told).equals(kind);
    }
}
