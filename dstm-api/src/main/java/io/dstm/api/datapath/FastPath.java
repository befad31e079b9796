package io.dstm.api.datapath;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.tep.Binding;
import java.util.Collection;

/**
 * Forwards the common packets of a tunnel without the rules, as the rules would, and leaves all others to them. It knows what it is
 * told here and nothing else. Every change is in force when the call returns; no packet sees half a binding.
 */
public interface FastPath extends AutoCloseable {

    /** What is done where packets arrive, on all devices alike. */
    enum Way {
        /**
         * Common packets are forwarded in the devices' drivers (XDP); where possible, others are handed to the rules as with {@link
         * #RULES}.
         */
        DRIVER,
        /** The same in front of the network stack, where drivers run no programs; packets that were joined are taken apart. */
        GENERIC,
        /** Common packets are forwarded where the network stack begins (tc), joined ones as large as they are. */
        TC,
        /** No packet is; all are handed to the rules, past the kernel's network stack, and leave past it. */
        RULES
    }

    /** Applies from the next packet. */
    void configure(Settings settings);

    /**
     * Makes the table exactly {@code bindings}.
     *
     * @param served the addresses that are inside: packets between them are left to the rules
     */
    void replace(Collection<Ipv4Range> served, Collection<Binding> bindings) throws DatapathException;

    /**
     * Forgets bindings, then adds or replaces others. Bindings that the table has no place for are left to the rules.
     *
     * @return whether the table is as good as it can be; if not, {@link #replace} makes a better one
     */
    boolean change(Collection<LeaseKey> removed, Collection<Binding> added);

    /** Follows the wall clock, by which bindings end. */
    void setClock(long secondsSince1970);

    /** What was forwarded so far. */
    Counts counts();

    /** How and on which devices, for the status. */
    String description();

    /** Takes the programs off the devices: from then on every packet reaches the rules. */
    @Override
    void close();

    /** Stops following what happens, and leaves the programs at work if it was opened to be kept; else the same as {@link #close}. */
    default void leave() {
        close();
    }

    /**
     * What the rules would do with a common packet.
     *
     * @param ipv4Address the TEP's own IPv4 address: packets to it are left to the rules
     * @param tunnelMtu longest IPv6 packet in bytes, 1280 to 65535
     * @param tcpMss whether SYNs are left to the rules, which change them: not 0
     * @param hopLimit of the outer header, 1 to 255
     * @param outerMask which bits of the IPv4 type of service go into the outer header
     */
    record Settings(Ipv4Address ipv4Address, int tunnelMtu, int tcpMss, int hopLimit, int outerMask) {}

    /**
     * What was forwarded. Bytes are those of the packets as they arrived.
     *
     * @param decapsulated packets from the tunnel
     * @param decapsulatedBytes their bytes, outer headers included
     * @param encapsulated packets from the IPv4 side
     * @param encapsulatedBytes their bytes
     */
    record Counts(long decapsulated, long decapsulatedBytes, long encapsulated, long encapsulatedBytes) {

        /** Nothing yet. */
        public static final Counts NONE = new Counts(0, 0, 0, 0);
    }
}
