package io.dstm.shell.internal;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.management.Page;
import io.dstm.api.net.Ipv4Prefix;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.net.PortSet;
import io.dstm.api.tep.CounterValue;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How values that several views show are written. */
final class Spelling {

    private Spelling() {}

    /** {@code in 1h 5m}, {@code 12s ago}, {@code now}: the two largest units. */
    static String relative(Instant time, Instant now) {
        Duration distance = Duration.ofSeconds(time.getEpochSecond() - now.getEpochSecond());
        if (distance.isZero()) {
            return "now";
        }
        return distance.isNegative() ? span(distance.negated()) + " ago" : "in " + span(distance);
    }

    private static String span(Duration span) {
        long[] amounts = {span.toDays(), span.toHoursPart(), span.toMinutesPart(), span.toSecondsPart()};
        String units = "dhms";
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < amounts.length && parts.size() < 2; i++) {
            if (amounts[i] > 0) {
                parts.add(amounts[i] + units.substring(i, i + 1));
            } else if (!parts.isEmpty()) {
                break;
            }
        }
        return String.join(" ", parts);
    }

    /** The members that say what is lent. */
    static Map<String, @Nullable Object> json(LeaseKey key) {
        PortSet ports = key.ports();
        return Json.object(
                "address",
                key.address(),
                "ports",
                Json.object(
                        "count", ports.size(),
                        "first", ports.firstPort(),
                        "last", ports.lastPort(),
                        "psid", ports.psid(),
                        "psidLength", ports.psidLength(),
                        "psidOffset", ports.offset()));
    }

    /** Says what part of a list is shown; empty if it is all of it. */
    static String footer(Page<?> page, String what) {
        if (page.items().size() == page.total()) {
            return "";
        }
        return page.items().size() + " of " + page.total() + " " + what
                + ". --offset and --limit show others, --client and --address narrow them down.\n";
    }

    /** {@code 192.0.2.0/25} or {@code 192.0.2.7} where a range is that, else first and last. */
    static String range(Ipv4Range range) {
        List<Ipv4Prefix> prefixes = range.toPrefixes();
        return range.size() == 1
                ? range.first().toString()
                : prefixes.size() == 1 ? prefixes.get(0).toString() : range.toString();
    }

    /** Counters that ever counted, as indented lines with an empty one before. */
    static String counters(List<CounterValue> counters) {
        Table table = new Table("  ", "COUNTER", ">PACKETS", ">BYTES");
        List<CounterValue> counted = counted(counters);
        counted.forEach(counter -> table.row(counter.name(), counter.packets(), counter.bytes()));
        return "\n" + (counted.isEmpty() ? "  No counter has counted a packet yet.\n" : table.text());
    }

    /** Counters that ever counted. */
    static Map<String, @Nullable Object> json(List<CounterValue> counters) {
        Map<String, @Nullable Object> json = Json.object();
        counted(counters)
                .forEach(counter ->
                        json.put(counter.name(), Json.object("packets", counter.packets(), "bytes", counter.bytes())));
        return json;
    }

    private static List<CounterValue> counted(List<CounterValue> counters) {
        return counters.stream()
                .filter(counter -> counter.packets() != 0 || counter.bytes() != 0)
                .toList();
    }
}
