package io.dstm.server.internal.config;

import io.dstm.api.config.ConfigException;
import io.dstm.api.config.ConfigProblem;
import io.dstm.api.config.ConfigReader;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.net.Ipv6Prefix;
import io.dstm.api.net.PortSet;
import io.dstm.server.internal.pool.AddressSpans;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A pool file as a value.
 *
 * @param name the pool's name: what stands behind {@code io.dstm.pool-} in the name of its file
 * @param ranges the addresses to lend
 * @param exclude addresses within {@code ranges} not to lend
 * @param reservations what of them is lent to one client each
 * @param tep the name of the TEP that forwards for this pool
 * @param psidLength k, how many bits of PSID share an address (RFC 7597 section 5.1); 0 lends whole addresses
 * @param psidOffset a, the PSID offset
 * @param systemPorts whether port sets with ports below 1024 are lent (RFC 7596 section 5.1 recommends not to)
 * @param bindPrefix the prefix a client's tunnel address is built from when it names none (RFC 7596 figure 3)
 * @param drain whether it lends and prolongs nothing, so that what is lent of it ends by and by
 * @param admission who may use this pool
 * @param priority pools with a higher number are used first
 * @param allocator which free address a client gets
 * @param terms on what terms, where they are not the server's
 */
public record PoolConfig(
        String name,
        List<Ipv4Range> ranges,
        List<Ipv4Range> exclude,
        List<Reservation> reservations,
        String tep,
        int psidLength,
        int psidOffset,
        boolean systemPorts,
        Optional<Ipv6Prefix> bindPrefix,
        boolean drain,
        Admission admission,
        int priority,
        AllocatorKind allocator,
        TermChanges terms) {

    /** The TEP a pool uses that names none. */
    public static final String DEFAULT_TEP = "tep";

    /** A longer prefix would overwrite bits of the IPv4 address, and two leases could share a tunnel address. */
    static final int LONGEST_BIND_PREFIX = 80;

    private static final int HIGHEST_PRIORITY = 1_000_000;

    /** Never lent: this network, loopback, link-local, the B4 addresses of RFC 7335, multicast and reserved. */
    private static final List<Ipv4Range> UNUSABLE = List.of(
            Ipv4Range.parse("0.0.0.0/8"),
            Ipv4Range.parse("127.0.0.0/8"),
            Ipv4Range.parse("169.254.0.0/16"),
            Ipv4Range.parse("192.0.0.0/29"),
            Ipv4Range.parse("224.0.0.0/3"));

    /** Keeps the lists unchangeable. */
    public PoolConfig {
        ranges = List.copyOf(ranges);
        exclude = List.copyOf(exclude);
        reservations = List.copyOf(reservations);
    }

    /**
     * Reads {@code io.dstm.pool-NAME}.
     *
     * @throws ConfigException naming every key that is wrong
     */
    public static PoolConfig read(String name, Map<String, ?> properties) throws ConfigException {
        ConfigReader reader = new ConfigReader(properties);
        PoolConfig config = new PoolConfig(
                name,
                reader.ipv4Ranges("ranges"),
                reader.ipv4Ranges("exclude"),
                reader.list("reservations", Reservation::parse),
                reader.text("tep", DEFAULT_TEP),
                reader.number("psid.length", 0, 0, 16),
                reader.number("psid.offset", 0, 0, 15),
                reader.flag("system.ports", false),
                reader.ipv6Prefix("bind.prefix"),
                reader.flag("drain", false),
                Admission.read(reader),
                reader.number("priority", 0, -HIGHEST_PRIORITY, HIGHEST_PRIORITY),
                reader.choice("allocator", AllocatorKind.HASHED),
                TermChanges.read(reader));
        config.check(reader);
        reader.finish();
        return config;
    }

    private void check(ConfigReader reader) {
        if (ranges.isEmpty() && !reader.hasProblem("ranges")) {
            reader.problem("ranges", "is required: addresses to lend, such as 192.0.2.0/24 or 192.0.2.10-192.0.2.99");
        }
        for (Ipv4Range range : ranges) {
            for (Ipv4Range unusable : UNUSABLE) {
                if (range.overlaps(unusable)) {
                    reader.problem("ranges", range + " reaches into " + unusable + ", which no host can have");
                }
            }
        }
        for (int i = 0; i < ranges.size(); i++) {
            for (int j = i + 1; j < ranges.size(); j++) {
                if (ranges.get(i).overlaps(ranges.get(j))) {
                    reader.problem("ranges", ranges.get(i) + " and " + ranges.get(j) + " overlap");
                }
            }
        }
        if (psidLength + psidOffset > 16) {
            reader.problem("psid.length", "and psid.offset together are more than the 16 bits of a port");
        } else if (!systemPorts && psidOffset > 6) {
            reader.problem(
                    "psid.offset", "above 6 gives every port set ports below 1024; set system.ports=true to lend them");
        }
        bindPrefix
                .filter(prefix -> prefix.length() > LONGEST_BIND_PREFIX)
                .ifPresent(prefix -> reader.problem(
                        "bind.prefix",
                        prefix + " is longer than /" + LONGEST_BIND_PREFIX
                                + " and leaves no room for the IPv4 address"));
        if (!ranges.isEmpty() && spans().isEmpty()) {
            reader.problem("exclude", "leaves no address to lend");
        }
        terms.contradictions(null)
                .forEach(contradiction -> reader.problem(contradiction.key(), contradiction.reason()));
        if (psidLength + psidOffset <= 16) {
            checkReservations(reader);
        }
    }

    private void checkReservations(ConfigReader reader) {
        AddressSpans spans = spans();
        Map<String, Reservation> byHolder = new HashMap<>();
        Map<Ipv4Address, Reservation> wholes = new HashMap<>();
        Map<Ipv4Address, Map<Integer, Reservation>> parts = new HashMap<>();
        for (Reservation reservation : reservations) {
            String wrong = flaw(reservation, spans);
            if (wrong != null) {
                reader.problem("reservations", reservation + ": " + wrong);
            }
            Reservation same = byHolder.putIfAbsent(reservation.holder(), reservation);
            if (same != null) {
                reader.problem("reservations", reservation + ": this client has " + same.address() + " already");
            }
            Map<Integer, Reservation> sets = parts.computeIfAbsent(reservation.address(), address -> new HashMap<>());
            Reservation whole = wholes.get(reservation.address());
            Reservation rival = reservation.psid().isPresent()
                    ? whole != null
                            ? whole
                            : sets.putIfAbsent(reservation.psid().getAsInt(), reservation)
                    : whole != null || sets.isEmpty()
                            ? whole
                            : sets.values().iterator().next();
            if (rival != null) {
                reader.problem("reservations", reservation + ": it is reserved for " + rival.holder() + " already");
            }
            if (reservation.psid().isEmpty()) {
                wholes.putIfAbsent(reservation.address(), reservation);
            }
        }
    }

    private @Nullable String flaw(Reservation reservation, AddressSpans spans) {
        if (spans.indexOf(reservation.address().toUnsignedLong()) < 0) {
            return "the address is not one that this pool lends";
        }
        if (reservation.psid().isEmpty()) {
            return null;
        }
        int psid = reservation.psid().getAsInt();
        if (psidLength == 0) {
            return "a PSID means nothing in a pool that lends whole addresses; set psid.length or leave it out";
        }
        if (psid >= 1 << psidLength) {
            return "the PSID does not fit into " + psidLength + " bits";
        }
        return systemPorts || new PortSet(psidOffset, psidLength, psid).firstPort() >= PortSet.FIRST_USER_PORT
                ? null
                : "the port set has ports below 1024; set system.ports=true to lend it";
    }

    /** What is odd about this pool where the server has these terms, though it can be lived with. */
    public List<ConfigProblem> oddities(Terms server) {
        return terms.contradictions(server);
    }

    /** The addresses that are really lent: ranges without exclusions, sorted and merged. */
    public AddressSpans spans() {
        return AddressSpans.of(ranges).without(exclude);
    }
}
