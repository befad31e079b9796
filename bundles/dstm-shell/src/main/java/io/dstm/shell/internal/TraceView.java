package io.dstm.shell.internal;

import io.dstm.api.tep.Binding;
import io.dstm.api.tep.PacketTrace;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Packets that ended in a counter.
 *
 * @param teps what is shown, by TEP
 * @param now the present moment, for times that are told as a distance
 */
record TraceView(List<OfTep> teps, Instant now) implements View {

    /**
     * The packets of one TEP.
     *
     * @param name the TEP's name
     * @param trace its packets; {@code null} if it cannot show any
     */
    record OfTep(String name, @Nullable PacketTrace trace) {}

    @Override
    public String text() {
        StringBuilder text = new StringBuilder();
        for (OfTep tep : teps) {
            PacketTrace trace = tep.trace();
            text.append("TEP ").append(tep.name()).append(": ");
            if (trace == null) {
                text.append("shows no packets\n");
                continue;
            }
            text.append(trace.counter())
                    .append(" counted ")
                    .append(trace.recorded())
                    .append(trace.recorded() == 1 ? " packet" : " packets")
                    .append(" since ")
                    .append(trace.since().truncatedTo(ChronoUnit.SECONDS))
                    .append(" (")
                    .append(Spelling.relative(trace.since(), now))
                    .append("); recording ends ")
                    .append(Spelling.relative(trace.until(), now))
                    .append(" unless you look again\n");
            trace.packets().forEach(packet -> packet(text, packet));
        }
        return text.toString();
    }

    private static void packet(StringBuilder text, PacketTrace.Packet packet) {
        text.append('\n')
                .append(packet.time().truncatedTo(ChronoUnit.MILLIS))
                .append(packet.fromTunnel() ? " from the tunnel, " : " from the IPv4 side, ")
                .append(packet.length())
                .append(" bytes\n");
        for (PacketTrace.Header header : packet.headers()) {
            text.append(String.format("  %-12s %s\n", header.name(), words(header.fields())));
        }
        end(text, "source", packet.source());
        end(text, "destination", packet.destination());
    }

    private static String words(Map<String, String> fields) {
        Map<String, String> rest = new LinkedHashMap<>(fields);
        List<String> words = new ArrayList<>();
        for (String end : List.of("", "Port")) {
            String source = rest.remove(end.isEmpty() ? "source" : "sourcePort");
            String destination = rest.remove(end.isEmpty() ? "destination" : "destinationPort");
            if (source != null && destination != null) {
                words.add((end.isEmpty() ? "" : "port ") + source + " -> " + destination);
            }
        }
        rest.forEach((name, value) -> words.add(spaced(name) + " " + value));
        return String.join(", ", words);
    }

    /** {@code hop limit} of {@code hopLimit}. */
    private static String spaced(String name) {
        return name.replaceAll("([a-z])([A-Z])", "$1 $2").toLowerCase(Locale.ROOT);
    }

    private static void end(StringBuilder text, String name, PacketTrace.@Nullable End end) {
        if (end == null) {
            return;
        }
        text.append(String.format(
                "  %-12s %s%s: %s\n",
                name,
                end.address(),
                end.port() < 0 ? " without a port" : " port " + end.port(),
                end.binding() == null ? "no binding" : words(end.binding())));
    }

    private static String words(Binding binding) {
        return "binding " + binding.key() + ", tunnel " + binding.tunnelSource() + " -> " + binding.tunnelAddress()
                + ", ends " + binding.expires().truncatedTo(ChronoUnit.SECONDS);
    }

    @Override
    public Object json() {
        return Json.object("teps", teps.stream().map(TraceView::json).toList());
    }

    private static Object json(OfTep tep) {
        PacketTrace trace = tep.trace();
        return trace == null
                ? Json.object("name", tep.name(), "trace", null)
                : Json.object(
                        "name",
                        tep.name(),
                        "trace",
                        Json.object(
                                "counter", trace.counter(),
                                "since", trace.since(),
                                "until", trace.until(),
                                "recorded", trace.recorded(),
                                "packets",
                                        trace.packets().stream()
                                                .map(TraceView::json)
                                                .toList()));
    }

    private static Object json(PacketTrace.Packet packet) {
        return Json.object(
                "time", packet.time(),
                "from", packet.fromTunnel() ? "tunnel" : "ipv4",
                "length", packet.length(),
                "headers",
                        packet.headers().stream()
                                .map(header -> Json.object("name", header.name(), "fields", header.fields()))
                                .toList(),
                "source", json(packet.source()),
                "destination", json(packet.destination()),
                "bytes", packet.bytes());
    }

    private static @Nullable Object json(PacketTrace.@Nullable End end) {
        if (end == null) {
            return null;
        }
        Binding binding = end.binding();
        Map<String, @Nullable Object> compared = null;
        if (binding != null) {
            compared = Spelling.json(binding.key());
            compared.putAll(Json.object(
                    "tunnelSource", binding.tunnelSource(),
                    "tunnelAddress", binding.tunnelAddress(),
                    "expires", binding.expires()));
        }
        return Json.object("address", end.address(), "port", end.port() < 0 ? null : end.port(), "binding", compared);
    }
}
