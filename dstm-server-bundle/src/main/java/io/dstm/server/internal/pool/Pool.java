package io.dstm.server.internal.pool;

import io.dstm.api.lease.ClientId;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import io.dstm.api.net.PortSet;
import io.dstm.server.internal.config.PoolConfig;
import io.dstm.server.internal.config.Reservation;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one pool can lend: slots numbered from 0 to {@link #capacity()} - 1, each an address or a port set of one, all of one shape
 * (RFC 7596 section 5.1: a and k are equal for all users of an address). Immutable and small, however large the pool.
 */
public final class Pool {

    private final PoolConfig config;
    private final AddressSpans spans;
    /** The lowest PSID that is lent; those below touch system ports. */
    private final int firstPsid;

    private final int setsPerAddress;

    /** What is reserved, by code and by holder. */
    private final Map<Long, String> reserved = new HashMap<>();

    private final Map<String, Long> reservations = new HashMap<>();

    /** The pool of a configuration that {@link PoolConfig#read} has accepted. */
    public Pool(PoolConfig config) {
        this.config = config;
        spans = config.spans();
        firstPsid = config.systemPorts() ? 0 : firstUserPsid(config.psidOffset(), config.psidLength());
        setsPerAddress = (1 << config.psidLength()) - firstPsid;
        for (Reservation reservation : config.reservations()) {
            long code = codeOf(reservation);
            reserved.put(code, reservation.holder());
            reservations.put(reservation.holder(), code);
        }
    }

    /** Without a PSID the whole address is reserved, as this pool lends addresses if it lends whole ones. */
    private long codeOf(Reservation reservation) {
        long address = reservation.address().toUnsignedLong();
        return reservation.psid().isEmpty() && config.psidLength() > 0
                ? KeyCode.of(address, 0, 0, 0)
                : KeyCode.of(
                        address,
                        config.psidOffset(),
                        config.psidLength(),
                        reservation.psid().orElse(0));
    }

    /** With a = 0 the port sets ascend with the PSID, so those that touch system ports come first; a full address is no set. */
    private static int firstUserPsid(int offset, int psidLength) {
        if (offset != 0 || psidLength == 0) {
            return 0;
        }
        int psid = 0;
        while (new PortSet(offset, psidLength, psid).firstPort() < PortSet.FIRST_USER_PORT) {
            psid++;
        }
        return psid;
    }

    /** Its configuration. */
    public PoolConfig config() {
        return config;
    }

    /** Its name. */
    public String name() {
        return config.name();
    }

    /** The addresses it lends. */
    public AddressSpans spans() {
        return spans;
    }

    /** How many leases it can hold at once. */
    public long capacity() {
        return spans.size() * setsPerAddress;
    }

    /** Whether it lends whole addresses. */
    public boolean lendsFullAddresses() {
        return config.psidLength() == 0 && config.psidOffset() == 0;
    }

    /** The slot of a key, or -1 if this pool does not lend it. */
    public long slotOf(long code) {
        if (KeyCode.offset(code) != config.psidOffset()
                || KeyCode.psidLength(code) != config.psidLength()
                || KeyCode.psid(code) < firstPsid) {
            return -1;
        }
        long index = spans.indexOf(KeyCode.address(code));
        return index < 0 ? -1 : index * setsPerAddress + KeyCode.psid(code) - firstPsid;
    }

    /** The key of a slot. */
    public long codeAt(long slot) {
        return KeyCode.of(
                spans.addressAt(slot / setsPerAddress),
                config.psidOffset(),
                config.psidLength(),
                firstPsid + (int) (slot % setsPerAddress));
    }

    /** The first slot of an address of this pool; {@link #setsPerAddress()} slots follow one another. */
    long firstSlotOf(long address) {
        return spans.indexOf(address) * setsPerAddress;
    }

    /** How many slots an address has. */
    int setsPerAddress() {
        return setsPerAddress;
    }

    /** Whether this pool lends a key: a slot of it, or a whole address that is reserved in a pool that shares addresses. */
    public boolean lends(long code) {
        return slotOf(code) >= 0 || reserved.containsKey(code);
    }

    /** Every key that is reserved. */
    Set<Long> reserved() {
        return reserved.keySet();
    }

    /** Whether anything is reserved. */
    public boolean hasReservations() {
        return !reserved.isEmpty();
    }

    /** The key reserved for a client, or -1; of several the one by its most particular name. */
    public long reservedFor(ClientId client, @Nullable Ipv6Address source) {
        if (!reserved.isEmpty()) {
            for (String name : Reservation.names(client, source)) {
                Long code = reservations.get(name);
                if (code != null) {
                    return code;
                }
            }
        }
        return -1;
    }

    /** Whether {@code code}, or the whole of its address, is reserved for anybody but this client. */
    public boolean isReservedFromOthers(long code, ClientId client, @Nullable Ipv6Address source) {
        if (reserved.isEmpty()) {
            return false;
        }
        String holder = reserved.get(code);
        if (holder == null) {
            holder = reserved.get(KeyCode.of(KeyCode.address(code), 0, 0, 0));
        }
        return holder != null && !Reservation.names(client, source).contains(holder);
    }

    /** The tunnel address that the bind prefix makes for a key, or {@code null} without a bind prefix. */
    public @Nullable Ipv6Address derivedSource(long code) {
        return config.bindPrefix()
                .map(prefix -> prefix.tunnelAddress(KeyCode.toKey(code).address(), KeyCode.ports(code)))
                .orElse(null);
    }

    /**
     * The key of this pool whose derived tunnel address is {@code source}, or -1. Such an address belongs to the holder of that
     * key and to nobody else, because the server itself hands it out.
     */
    public long codeOfDerivedSource(Ipv6Address source) {
        Ipv6Prefix prefix = config.bindPrefix().orElse(null);
        if (prefix == null || !prefix.contains(source)) {
            return -1;
        }
        long address = source.low() >>> 16 & 0xFFFF_FFFFL;
        int psid = (int) source.low() & 0xFFFF;
        if (psid >= 1 << config.psidLength() || spans.indexOf(address) < 0) {
            return -1;
        }
        long whole = KeyCode.of(address, 0, 0, 0);
        if (reserved.containsKey(whole)) {
            return source.equals(derivedSource(whole)) ? whole : -1;
        }
        long code = KeyCode.of(address, config.psidOffset(), config.psidLength(), psid);
        return slotOf(code) >= 0 && source.equals(derivedSource(code)) ? code : -1;
    }

    @Override
    public String toString() {
        return name();
    }
}
