package io.dstm.server.internal.ipv6;

import io.dstm.api.config.ConfigException;
import io.dstm.api.config.ConfigReader;
import io.dstm.api.ipv6.Ipv6LeaseKind;
import io.dstm.api.ipv6.Ipv6Link;
import io.dstm.api.ipv6.Ipv6Options;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import io.dstm.api.net.Ipv6Range;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One file {@code io.dstm.ipv6-NAME.cfg}: what is lent on some links and what clients there are told.
 *
 * @param name the pool's name
 * @param interfaces the server's interfaces whose links it serves
 * @param links prefixes that the addresses of served links are in
 * @param addresses what IA_NA get, without what is excluded or reserved
 * @param prefixes what IA_PD get, likewise
 * @param excluded what nobody gets
 * @param reservations what certain clients get
 * @param length the length of a delegated prefix if the client does not say
 * @param shortest the least length a client can have
 * @param longest the greatest length a client can have
 * @param times how long leases last
 * @param declineTime how long an address rests that a client found in use
 * @param leasesPerClient how many leases one client may have, addresses and prefixes together, those that it declined included
 * @param leasesMax how many leases there may be at once, whoever has them: what ever new clients can cost
 * @param options what clients are told
 */
public record Ipv6PoolConfig(
        String name,
        List<String> interfaces,
        List<Ipv6Prefix> links,
        Spans addresses,
        Spans prefixes,
        Spans excluded,
        List<Reservation> reservations,
        int length,
        int shortest,
        int longest,
        Times times,
        Duration declineTime,
        int leasesPerClient,
        int leasesMax,
        Ipv6Options options) {

    static final Duration DEFAULT_PREFERRED = Duration.ofHours(1);
    static final Duration DEFAULT_VALID = Duration.ofHours(2);
    static final Duration DEFAULT_DECLINE = Duration.ofDays(1);
    static final int DEFAULT_LENGTH = 56;
    static final int DEFAULT_LEASES_PER_CLIENT = 16;
    static final int DEFAULT_LEASES_MAX = 100_000;

    private static final Duration SHORTEST_LEASE = Duration.ofSeconds(10);
    private static final Duration LONGEST_LEASE = Duration.ofDays(3650);

    /** RFC 8415 section 21.23: "IRT_MINIMUM", 600 seconds. */
    private static final Duration LEAST_REFRESH = Duration.ofMinutes(10);

    /** RFC 8415 sections 21.24 and 21.25: clients discard what is not within 60 to 86400. */
    private static final Duration LEAST_MAX_RT = Duration.ofSeconds(60);

    private static final Duration MOST_MAX_RT = Duration.ofDays(1);

    /**
     * How long leases last.
     *
     * @param preferred how long they are preferred from each grant
     * @param valid how long they last from each grant
     * @param renewAfter T1
     * @param rebindAfter T2
     */
    public record Times(Duration preferred, Duration valid, Duration renewAfter, Duration rebindAfter) {}

    /**
     * What one client gets, whatever its IAID.
     *
     * @param identity the client, as in {@link io.dstm.api.lease.ClientId#identity()}
     * @param prefix its prefix, or its address as a /128
     * @param kind which of the two
     */
    public record Reservation(String identity, Ipv6Prefix prefix, Ipv6LeaseKind kind) {}

    /** Keeps the lists unchangeable. */
    public Ipv6PoolConfig {
        interfaces = List.copyOf(interfaces);
        links = List.copyOf(links);
        reservations = List.copyOf(reservations);
    }

    /** Whether clients on {@code link} are this pool's. */
    boolean serves(Ipv6Link link) {
        if (link.device() != null && interfaces.contains(link.device())) {
            return true;
        }
        Ipv6Address address = link.address();
        if (address != null) {
            return anyContains(links, address);
        }
        // Who asks from an address that is lent here is here: its packet may have come in by any interface.
        return link.device() == null && belongs(link.source());
    }

    /** Whether an address of this pool's links can be {@code address}. */
    boolean belongs(Ipv6Address address) {
        return anyContains(links, address)
                || addresses.contains(address)
                || reservations.stream()
                        .anyMatch(reservation -> reservation.kind() == Ipv6LeaseKind.ADDRESS
                                && reservation.prefix().contains(address));
    }

    /** Whether {@code address} is in one of {@code prefixes}. A loop, since it is asked several times a message. */
    static boolean anyContains(List<Ipv6Prefix> prefixes, Ipv6Address address) {
        for (Ipv6Prefix prefix : prefixes) {
            if (prefix.contains(address)) {
                return true;
            }
        }
        return false;
    }

    Spans dynamic(Ipv6LeaseKind kind) {
        return kind == Ipv6LeaseKind.ADDRESS ? addresses : prefixes;
    }

    /** Whether it has anything of a kind for anybody. */
    boolean lends(Ipv6LeaseKind kind) {
        return !dynamic(kind).isEmpty() || reservations.stream().anyMatch(reservation -> reservation.kind() == kind);
    }

    Optional<Ipv6Prefix> reservedFor(String identity, Ipv6LeaseKind kind) {
        for (Reservation reservation : reservations) {
            if (reservation.kind() == kind && reservation.identity().equals(identity)) {
                return Optional.of(reservation.prefix());
            }
        }
        return Optional.empty();
    }

    /** Whether {@code identity} may have {@code prefix} from this pool. */
    boolean mayHave(String identity, Ipv6LeaseKind kind, Ipv6Prefix prefix) {
        return isDynamic(kind, prefix)
                || reservedFor(identity, kind).filter(prefix::equals).isPresent();
    }

    /** Whether anybody may. */
    boolean lendsToSomebody(Ipv6LeaseKind kind, Ipv6Prefix prefix) {
        return isDynamic(kind, prefix)
                || reservations.stream()
                        .anyMatch(reservation -> reservation.kind() == kind
                                && reservation.prefix().equals(prefix));
    }

    private boolean isDynamic(Ipv6LeaseKind kind, Ipv6Prefix prefix) {
        boolean fits = kind == Ipv6LeaseKind.ADDRESS
                ? prefix.length() == 128
                : prefix.length() >= shortest && prefix.length() <= longest;
        return fits && dynamic(kind).contains(prefix);
    }

    /** Every address that it lends to anybody. */
    Spans footprint() {
        List<Ipv6Range> all = new ArrayList<>(addresses.ranges());
        all.addAll(prefixes.ranges());
        reservations.forEach(reservation -> all.add(Ipv6Range.of(reservation.prefix())));
        return Spans.of(all, List.of());
    }

    /**
     * Reads what Config Admin handed over.
     *
     * @throws ConfigException if anything is wrong
     */
    public static Ipv6PoolConfig read(String name, Map<String, ?> properties) throws ConfigException {
        ConfigReader reader = new ConfigReader(properties);
        List<String> interfaces = reader.list("interfaces", text -> text);
        List<Ipv6Prefix> links = reader.list("links", Ipv6Prefix::parse);
        if (interfaces.isEmpty() && links.isEmpty() && !reader.hasProblem("links")) {
            reader.problem(
                    "interfaces", "is required, or links: whose clients are these, such as eth1 or 2001:db8:1::/64");
        }
        List<Ipv6Range> addresses = reader.list("addresses", Ipv6PoolConfig::lendable);
        List<Ipv6Prefix> prefixes = reader.list("prefixes", Ipv6PoolConfig::delegable);
        List<Ipv6Range> exclude = reader.list("exclude", Ipv6Range::parse);
        List<Reservation> reservations = reader.list("reservations", Ipv6PoolConfig::reservation);
        int length = reader.number("delegated.length", DEFAULT_LENGTH, 1, 64);
        int shortest = reader.number("delegated.length.shortest", length, 1, 64);
        int longest = reader.number("delegated.length.longest", length, 1, 64);
        Times times = times(reader);
        Duration declineTime = reader.duration("decline.time", DEFAULT_DECLINE, Duration.ofSeconds(1), LONGEST_LEASE);
        int leasesPerClient = reader.number("leases.per.client", DEFAULT_LEASES_PER_CLIENT, 1, 65_536);
        int leasesMax = reader.number("leases.max", DEFAULT_LEASES_MAX, 1, 10_000_000);
        Ipv6Options options = options(reader);
        if (shortest > length || length > longest) {
            reader.problem(
                    "delegated.length",
                    length + " is not within delegated.length.shortest to delegated.length.longest");
        }
        for (Ipv6Prefix prefix : prefixes) {
            if (prefix.length() > length) {
                reader.problem("prefixes", prefix + " is smaller than a delegated prefix, a /" + length);
            }
        }
        List<Ipv6Range> delegated = prefixes.stream().map(Ipv6Range::of).toList();
        for (Ipv6Range range : addresses) {
            if (delegated.stream().anyMatch(range::overlaps)) {
                reader.problem("addresses", range + " overlaps prefixes: an address cannot be lent and delegated");
            }
        }
        checkReservations(reader, reservations);
        reader.finish();
        List<Ipv6Range> held = new ArrayList<>(exclude);
        reservations.forEach(reservation -> held.add(Ipv6Range.of(reservation.prefix())));
        return new Ipv6PoolConfig(
                name,
                interfaces,
                links,
                Spans.of(addresses, held),
                Spans.of(delegated, held),
                Spans.of(exclude, List.of()),
                reservations,
                length,
                shortest,
                longest,
                times,
                declineTime,
                leasesPerClient,
                leasesMax,
                options);
    }

    private static void checkReservations(ConfigReader reader, List<Reservation> reservations) {
        for (int i = 0; i < reservations.size(); i++) {
            Reservation one = reservations.get(i);
            for (Reservation other : reservations.subList(0, i)) {
                if (Ipv6Range.of(one.prefix()).overlaps(Ipv6Range.of(other.prefix()))) {
                    reader.problem("reservations", one.prefix() + " is reserved twice");
                } else if (one.identity().equals(other.identity()) && one.kind() == other.kind()) {
                    reader.problem(
                            "reservations",
                            "the client of " + one.prefix() + " has " + other.prefix()
                                    + " already; one address and one prefix each");
                }
            }
        }
    }

    private static Times times(ConfigReader reader) {
        Duration valid = reader.duration("valid.lifetime", DEFAULT_VALID, SHORTEST_LEASE, LONGEST_LEASE);
        Duration preferred = reader.duration("preferred.lifetime", DEFAULT_PREFERRED, SHORTEST_LEASE, LONGEST_LEASE);
        if (preferred.compareTo(valid) > 0) {
            reader.problem("preferred.lifetime", "is longer than valid.lifetime");
        }
        // RFC 8415 section 21.4 recommends 0.5 and 0.8 times the shortest preferred lifetime.
        Duration t2 =
                reader.duration("t2", preferred.multipliedBy(4).dividedBy(5), Duration.ofSeconds(1), LONGEST_LEASE);
        Duration half = preferred.dividedBy(2);
        Duration t1 = reader.duration("t1", half.compareTo(t2) < 0 ? half : t2, Duration.ofSeconds(1), LONGEST_LEASE);
        if (t1.compareTo(t2) > 0) {
            reader.problem("t1", "is longer than t2");
        }
        if (t2.compareTo(valid) > 0) {
            reader.problem("t2", "is longer than valid.lifetime");
        }
        return new Times(preferred, valid, wholeSeconds(t1), wholeSeconds(t2));
    }

    private static Duration wholeSeconds(Duration duration) {
        return Duration.ofSeconds(duration.toSeconds());
    }

    private static Ipv6Options options(ConfigReader reader) {
        List<Ipv6Address> dns = reader.list("dns.servers", Ipv6Address::parse);
        List<String> search = reader.list("dns.search", Ipv6PoolConfig::domain);
        List<String> ntp = reader.list("ntp.servers", text -> text);
        List<Ipv6Address> ntpAddresses = new ArrayList<>();
        List<String> ntpNames = new ArrayList<>();
        for (String server : ntp) {
            Ipv6Address.tryParse(server).ifPresentOrElse(ntpAddresses::add, () -> {
                try {
                    ntpNames.add(domain(server));
                } catch (IllegalArgumentException wrong) {
                    reader.problem("ntp.servers", "'" + server + "' is neither an IPv6 address nor a name");
                }
            });
        }
        return new Ipv6Options(
                dns,
                search,
                ntpAddresses,
                ntpNames,
                reader.optional("aftr.name", Ipv6PoolConfig::aftr).orElse(null),
                optionalDuration(reader, "information.refresh.time", LEAST_REFRESH, LONGEST_LEASE),
                optionalDuration(reader, "sol.max.rt", LEAST_MAX_RT, MOST_MAX_RT),
                optionalDuration(reader, "inf.max.rt", LEAST_MAX_RT, MOST_MAX_RT));
    }

    private static @Nullable Duration optionalDuration(ConfigReader reader, String key, Duration least, Duration most) {
        return reader.text(key).isEmpty() ? null : reader.duration(key, least, least, most);
    }

    private static Ipv6Range lendable(String text) {
        Ipv6Range range = Ipv6Range.parse(text);
        // Routers of a link answer to its address with no interface identifier (RFC 4291 section 2.6.1).
        boolean anycast = range.first().low() == 0 && !range.first().equals(range.last());
        Ipv6Range usable = anycast ? new Ipv6Range(Bits.next(range.first()), range.last()) : range;
        if (!usable.first().isRoutableUnicast() || !usable.last().isRoutableUnicast()) {
            throw new IllegalArgumentException(text + " has addresses that cannot be lent");
        }
        return usable;
    }

    private static Ipv6Prefix delegable(String text) {
        Ipv6Prefix prefix = Ipv6Prefix.parse(text);
        if (!prefix.address().isRoutableUnicast() || !prefix.last().isRoutableUnicast()) {
            throw new IllegalArgumentException(text + " has addresses that cannot be delegated");
        }
        return prefix;
    }

    private static Reservation reservation(String text) {
        int equals = text.indexOf('=');
        String duid = equals < 0
                ? ""
                : text.substring(0, equals).replace(":", "").trim().toLowerCase(Locale.ROOT);
        if (!duid.matches("([0-9a-f]{2}){3,130}")) {
            throw new IllegalArgumentException(
                    "'" + text + "' is not a DUID in hexadecimal, '=', and an address or a prefix");
        }
        String what = text.substring(equals + 1).trim();
        Ipv6Prefix prefix = delegable(what);
        boolean address = prefix.length() == 128;
        if (!address && prefix.length() > 64) {
            throw new IllegalArgumentException("'" + what + "' is neither an address nor a prefix of a /64 or more");
        }
        return new Reservation("duid:" + duid, prefix, address ? Ipv6LeaseKind.ADDRESS : Ipv6LeaseKind.PREFIX);
    }

    private static String aftr(String text) {
        String name = domain(text);
        // Clients discard the option if it has three octets or less (RFC 6334 section 4).
        if (name.length() < 2) {
            throw new IllegalArgumentException("'" + text + "' is too short for the name of a tunnel end point");
        }
        return name;
    }

    private static String domain(String text) {
        String name = text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
        if (name.length() > 253 || !name.matches("[A-Za-z0-9_-]{1,63}(\\.[A-Za-z0-9_-]{1,63})*")) {
            throw new IllegalArgumentException("'" + text + "' is not a domain name");
        }
        return name;
    }

    @Override
    public String toString() {
        List<String> parts = new ArrayList<>();
        if (!addresses.isEmpty()) {
            parts.add("addresses " + addresses);
        }
        if (!prefixes.isEmpty()) {
            parts.add("prefixes /" + length + " of " + prefixes);
        }
        if (!reservations.isEmpty()) {
            parts.add(reservations.size() + " reservations");
        }
        String where = interfaces.isEmpty() ? "" : "interfaces " + String.join(", ", interfaces);
        String behind = links.isEmpty()
                ? ""
                : (where.isEmpty() ? "" : " and ") + "links "
                        + String.join(
                                ", ", links.stream().map(Ipv6Prefix::toString).toList());
        return (parts.isEmpty() ? "no leases" : String.join(", ", parts)) + " on " + where + behind;
    }
}
