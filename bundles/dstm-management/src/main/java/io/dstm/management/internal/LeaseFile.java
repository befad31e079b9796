package io.dstm.management.internal;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.dstm.api.ipv6.Ipv6Lease;
import io.dstm.api.ipv6.Ipv6LeaseKind;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseState;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import io.dstm.api.net.PortSet;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Leases as JSON, format version 2 ({@code docs/lease-file.md}), one at a time, so that a million need no more memory than one. */
final class LeaseFile {

    private static final String FORMAT = "dstm-leases";
    private static final int VERSION = 2;
    private static final JsonFactory JSON = new JsonFactory();

    private static final Set<String> TEXTS =
            Set.of("address", "client", "tunnelSource", "tunnelAddress", "pool", "state", "since", "until");
    private static final Set<String> NUMBERS = Set.of("psidOffset", "psidLength", "psid", "association");
    private static final Set<String> IPV6_TEXTS =
            Set.of("prefix", "kind", "client", "pool", "state", "since", "preferredUntil", "until");
    private static final Set<String> IPV6_NUMBERS = Set.of("association");

    private static final String DECLINED = "DECLINED";

    private LeaseFile() {}

    /** Hears what a file holds. */
    interface Visitor {

        /** The lease at a position, from 1. */
        void lease(long position, Lease lease);

        /** The lease of an IPv6 address or prefix at a position; positions go on from those of the others. */
        void ipv6Lease(long position, Ipv6Lease lease);

        /** What is wrong at a position, from 1; 0 for the file as a whole. */
        void problem(long position, String problem);
    }

    /** Writes the leases that {@code source} and {@code ipv6Source} show. */
    static long write(
            OutputStream out, Instant now, Consumer<Consumer<Lease>> source, Consumer<Consumer<Ipv6Lease>> ipv6Source)
            throws IOException {
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("format", FORMAT);
            json.writeNumberField("version", VERSION);
            json.writeStringField("written", now.toString());
            long count = list(json, "leases", source, lease -> write(json, lease));
            count += list(json, "ipv6Leases", ipv6Source, lease -> write(json, lease));
            json.writeNumberField("count", count);
            json.writeEndObject();
            json.writeRaw("\n");
            return count;
        }
    }

    private interface Writing<T> {

        void write(T lease) throws IOException;
    }

    private static <T> long list(JsonGenerator json, String name, Consumer<Consumer<T>> source, Writing<T> writing)
            throws IOException {
        long[] count = {0};
        IOException[] failure = {null};
        json.writeArrayFieldStart(name);
        source.accept(lease -> {
            try {
                if (failure[0] == null) {
                    json.writeRaw("\n");
                    writing.write(lease);
                    count[0]++;
                }
            } catch (IOException failed) {
                failure[0] = failed;
            }
        });
        if (failure[0] != null) {
            throw failure[0];
        }
        json.writeEndArray();
        return count[0];
    }

    private static void write(JsonGenerator json, Ipv6Lease lease) throws IOException {
        json.writeStartObject();
        json.writeStringField("prefix", lease.prefix().toString());
        json.writeStringField("kind", lease.kind().name());
        json.writeStringField("client", lease.client().identity());
        json.writeNumberField(
                "association", Integer.toUnsignedLong(lease.client().association()));
        json.writeStringField("pool", lease.pool());
        json.writeStringField("state", lease.declined() ? DECLINED : LeaseState.ACTIVE.name());
        json.writeStringField("since", lease.since().toString());
        json.writeStringField("preferredUntil", lease.preferredUntil().toString());
        json.writeStringField("until", lease.until().toString());
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, Lease lease) throws IOException {
        json.writeStartObject();
        json.writeStringField("address", lease.address().toString());
        json.writeNumberField("psidOffset", lease.ports().offset());
        json.writeNumberField("psidLength", lease.ports().psidLength());
        json.writeNumberField("psid", lease.ports().psid());
        json.writeStringField("client", lease.client().identity());
        json.writeNumberField(
                "association", Integer.toUnsignedLong(lease.client().association()));
        json.writeStringField("tunnelSource", lease.tunnelSource().toString());
        json.writeStringField("tunnelAddress", lease.tunnelAddress().toString());
        json.writeStringField("pool", lease.pool());
        json.writeStringField("state", lease.state().name());
        json.writeStringField("since", lease.since().toString());
        json.writeStringField("until", lease.until().toString());
        json.writeEndObject();
    }

    /**
     * Shows what a file holds.
     *
     * @throws IOException if it cannot be read, or is no such file; what was shown before is not to be trusted then
     */
    static void read(InputStream in, Visitor visitor) throws IOException {
        try (JsonParser json = JSON.createParser(in)) {
            expect(json, json.nextToken(), JsonToken.START_OBJECT);
            expectField(json, "format");
            json.nextToken();
            if (!FORMAT.equals(json.getText())) {
                throw new IOException("this is no file of leases: its format is " + json.getText());
            }
            expectField(json, "version");
            expect(json, json.nextToken(), JsonToken.VALUE_NUMBER_INT);
            int version = json.getIntValue();
            if (version < 1 || version > VERSION) {
                throw new IOException("the file has version " + version + ", this release reads 1 to " + VERSION);
            }
            long seen = 0;
            long count = -1;
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                JsonToken value = json.nextToken();
                if (name.equals("leases")) {
                    expect(json, value, JsonToken.START_ARRAY);
                    while (json.nextToken() == JsonToken.START_OBJECT) {
                        long position = ++seen;
                        lease(
                                json,
                                TEXTS,
                                NUMBERS,
                                fields -> visitor.lease(position, fields.lease()),
                                problem -> visitor.problem(position, problem));
                    }
                    expect(json, json.currentToken(), JsonToken.END_ARRAY);
                } else if (name.equals("ipv6Leases") && version > 1) {
                    expect(json, value, JsonToken.START_ARRAY);
                    while (json.nextToken() == JsonToken.START_OBJECT) {
                        long position = ++seen;
                        lease(
                                json,
                                IPV6_TEXTS,
                                IPV6_NUMBERS,
                                fields -> visitor.ipv6Lease(position, fields.ipv6Lease()),
                                problem -> visitor.problem(position, problem));
                    }
                    expect(json, json.currentToken(), JsonToken.END_ARRAY);
                } else if (name.equals("count")) {
                    expect(json, value, JsonToken.VALUE_NUMBER_INT);
                    count = json.getLongValue();
                } else if (name.equals("written")) {
                    expect(json, value, JsonToken.VALUE_STRING);
                } else {
                    visitor.problem(0, "'" + name + "' is not known");
                    json.skipChildren();
                }
            }
            expect(json, json.currentToken(), JsonToken.END_OBJECT);
            if (count != seen) {
                visitor.problem(0, "the file says that it holds " + count + " leases, and it holds " + seen);
            }
        }
    }

    private static void expectField(JsonParser json, String name) throws IOException {
        expect(json, json.nextToken(), JsonToken.FIELD_NAME);
        if (!json.currentName().equals(name)) {
            throw new IOException("this is no file of leases: '" + name + "' is missing at its begin");
        }
    }

    private static void expect(JsonParser json, JsonToken found, JsonToken wanted) throws IOException {
        if (found != wanted) {
            throw new IOException("line " + json.currentTokenLocation().getLineNr() + ": " + wanted + " is expected");
        }
    }

    /** Texts and numbers by name; whatever else a lease holds is a problem of that lease alone. */
    private static void lease(
            JsonParser json, Set<String> texts, Set<String> numbers, Consumer<Fields> good, Consumer<String> bad)
            throws IOException {
        Fields fields = new Fields(new HashMap<>(), new HashMap<>());
        String wrong = null;
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            JsonToken value = json.nextToken();
            if (texts.contains(name) && value == JsonToken.VALUE_STRING) {
                fields.texts.put(name, json.getText());
            } else if (numbers.contains(name)
                    && value == JsonToken.VALUE_NUMBER_INT
                    && json.getNumberType() != JsonParser.NumberType.BIG_INTEGER) {
                fields.numbers.put(name, json.getLongValue());
            } else {
                wrong = "'" + name + "' is not known or has no value of its kind";
                json.skipChildren();
            }
        }
        expect(json, json.currentToken(), JsonToken.END_OBJECT);
        try {
            if (wrong != null) {
                throw new IllegalArgumentException(wrong);
            }
            good.accept(fields);
        } catch (IllegalArgumentException | DateTimeException | ArithmeticException senseless) {
            bad.accept(String.valueOf(senseless.getMessage()));
        }
    }

    /** What stands at a lease. */
    private record Fields(Map<String, String> texts, Map<String, Long> numbers) {

        Lease lease() {
            return new Lease(
                    new LeaseKey(
                            Ipv4Address.parse(text("address")),
                            new PortSet(
                                    Math.toIntExact(number("psidOffset")),
                                    Math.toIntExact(number("psidLength")),
                                    Math.toIntExact(number("psid")))),
                    client(),
                    Ipv6Address.parse(text("tunnelSource")),
                    Ipv6Address.parse(text("tunnelAddress")),
                    text("pool"),
                    LeaseState.valueOf(text("state")),
                    second("since"),
                    second("until"));
        }

        Ipv6Lease ipv6Lease() {
            String state = text("state");
            if (!state.equals(DECLINED) && !state.equals(LeaseState.ACTIVE.name())) {
                throw new IllegalArgumentException("the state " + state + " is not known");
            }
            Instant preferred = second("preferredUntil");
            Instant until = second("until");
            if (preferred.isAfter(until)) {
                throw new IllegalArgumentException("'preferredUntil' is after 'until'");
            }
            return new Ipv6Lease(
                    Ipv6Prefix.parse(text("prefix")),
                    client(),
                    Ipv6LeaseKind.valueOf(text("kind")),
                    text("pool"),
                    state.equals(DECLINED),
                    second("since"),
                    preferred,
                    until);
        }

        private ClientId client() {
            long association = number("association");
            if (association < 0 || association > 0xFFFF_FFFFL) {
                throw new IllegalArgumentException("association " + association + " is not within 0 to 4294967295");
            }
            return new ClientId(text("client"), (int) association);
        }

        private Instant second(String name) {
            return Instant.parse(text(name)).truncatedTo(ChronoUnit.SECONDS);
        }

        private String text(String name) {
            String text = texts.get(name);
            if (text == null) {
                throw new IllegalArgumentException("'" + name + "' is missing");
            }
            return text;
        }

        private long number(String name) {
            Long number = numbers.get(name);
            if (number == null) {
                throw new IllegalArgumentException("'" + name + "' is missing");
            }
            return number;
        }
    }
}
