package io.dstm.management.internal;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseState;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Leases as JSON, format version 1 ({@code docs/lease-file.md}), one at a time, so that a million need no more memory than one. */
final class LeaseFile {

    private static final String FORMAT = "dstm-leases";
    private static final int VERSION = 1;
    private static final JsonFactory JSON = new JsonFactory();

    private static final Set<String> TEXTS =
            Set.of("address", "client", "tunnelSource", "tunnelAddress", "pool", "state", "since", "until");
    private static final Set<String> NUMBERS = Set.of("psidOffset", "psidLength", "psid", "association");

    private LeaseFile() {}

    /** Hears what a file holds. */
    interface Visitor {

        /** The lease at a position, from 1. */
        void lease(long position, Lease lease);

        /** What is wrong at a position, from 1; 0 for the file as a whole. */
        void problem(long position, String problem);
    }

    /** Writes the leases that {@code source} shows. */
    static long write(OutputStream out, Instant now, Consumer<Consumer<Lease>> source) throws IOException {
        long[] count = {0};
        IOException[] failure = {null};
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("format", FORMAT);
            json.writeNumberField("version", VERSION);
            json.writeStringField("written", now.toString());
            json.writeArrayFieldStart("leases");
            source.accept(lease -> {
                try {
                    if (failure[0] == null) {
                        json.writeRaw("\n");
                        write(json, lease);
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
            json.writeNumberField("count", count[0]);
            json.writeEndObject();
            json.writeRaw("\n");
        }
        return count[0];
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
            if (json.getIntValue() != VERSION) {
                throw new IOException("the file has version " + json.getIntValue() + ", this release reads " + VERSION);
            }
            long seen = 0;
            long count = -1;
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                JsonToken value = json.nextToken();
                if (name.equals("leases")) {
                    expect(json, value, JsonToken.START_ARRAY);
                    while (json.nextToken() == JsonToken.START_OBJECT) {
                        lease(json, ++seen, visitor);
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
    private static void lease(JsonParser json, long position, Visitor visitor) throws IOException {
        Map<String, String> texts = new HashMap<>();
        Map<String, Long> numbers = new HashMap<>();
        String wrong = null;
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            JsonToken value = json.nextToken();
            if (TEXTS.contains(name) && value == JsonToken.VALUE_STRING) {
                texts.put(name, json.getText());
            } else if (NUMBERS.contains(name)
                    && value == JsonToken.VALUE_NUMBER_INT
                    && json.getNumberType() != JsonParser.NumberType.BIG_INTEGER) {
                numbers.put(name, json.getLongValue());
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
            visitor.lease(position, lease(texts, numbers));
        } catch (IllegalArgumentException | DateTimeException | ArithmeticException senseless) {
            visitor.problem(position, String.valueOf(senseless.getMessage()));
        }
    }

    private static Lease lease(Map<String, String> texts, Map<String, Long> numbers) {
        long association = number(numbers, "association");
        if (association < 0 || association > 0xFFFF_FFFFL) {
            throw new IllegalArgumentException("association " + association + " is not within 0 to 4294967295");
        }
        return new Lease(
                new LeaseKey(
                        Ipv4Address.parse(text(texts, "address")),
                        new PortSet(
                                Math.toIntExact(number(numbers, "psidOffset")),
                                Math.toIntExact(number(numbers, "psidLength")),
                                Math.toIntExact(number(numbers, "psid")))),
                new ClientId(text(texts, "client"), (int) association),
                Ipv6Address.parse(text(texts, "tunnelSource")),
                Ipv6Address.parse(text(texts, "tunnelAddress")),
                text(texts, "pool"),
                LeaseState.valueOf(text(texts, "state")),
                Instant.parse(text(texts, "since")),
                Instant.parse(text(texts, "until")));
    }

    private static String text(Map<String, String> texts, String name) {
        String text = texts.get(name);
        if (text == null) {
            throw new IllegalArgumentException("'" + name + "' is missing");
        }
        return text;
    }

    private static long number(Map<String, Long> numbers, String name) {
        Long number = numbers.get(name);
        if (number == null) {
            throw new IllegalArgumentException("'" + name + "' is missing");
        }
        return number;
    }
}
