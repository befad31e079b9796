package io.dstm.tep.internal.replay;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import io.dstm.api.net.PortSet;
import io.dstm.api.tep.Binding;
import io.dstm.api.tep.TepException;
import io.dstm.tep.internal.rules.EchoLookup;
import io.dstm.tep.internal.rules.Hairpinning;
import io.dstm.tep.internal.rules.OuterHeader;
import io.dstm.tep.internal.rules.Policy;
import io.dstm.tep.internal.rules.ReassemblyLimits;
import io.dstm.tep.internal.rules.RulesSettings;
import io.dstm.tep.internal.table.BindingTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads bindings and policies from JSON with the names of {@code ietf-softwire-br} (RFC 8676), and from {@code case-settings} beside
 * it what that model does not have. Read once from front to back, so that a million bindings need no more memory than their table.
 */
final class TableFile {

    /** Bindings are put into the table in portions that grow with it, since each portion costs a look at the whole. */
    private static final int LEAST_PORTION = 10_000;

    private static final Instant NEVER = Instant.ofEpochSecond(0xFFFF_FFFFL);

    /** As a TEP has them that nobody configured. */
    private static final int DEFAULT_MTU = 1500;

    private static final int DEFAULT_ERRORS_PER_SECOND = 1000;
    private static final Ipv4Address DEFAULT_IPV4_ADDRESS = Ipv4Address.parse("192.0.0.1");

    private static final String MODULE = "ietf-softwire-br:";

    /** Parts of the model that say nothing about packets, and a limit that is not reached with packets in their order. */
    private static final Set<String> WITHOUT_EFFECT =
            Set.of("softwire-num-max", "binding-table-versioning", "traffic-stat", "lifetime");

    private final Path file;
    private final JsonParser json;
    private final Set<String> ignored = new TreeSet<>();

    private @Nullable Instance instance;

    // What case-settings says.
    private @Nullable Ipv6Address tunnelAddress;
    private @Nullable Ipv4Address ipv4Address;
    private @Nullable Integer tunnelMtu;
    private @Nullable Integer ipv4Mtu;
    private int tcpMss;
    private boolean portlessProtocols = true;
    private EchoLookup echo = EchoLookup.IDENTIFIER;
    private int outerHopLimit = OuterHeader.DEFAULT.hopLimit();
    private boolean ecnCompatibility = OuterHeader.DEFAULT.compatible();
    private int mostFragments = ReassemblyLimits.DEFAULT.fragmentsPerPacket();

    /** One {@code bind-instance}, with the defaults of RFC 8676. */
    private static final class Instance {

        private final BindingTable bindings = new BindingTable();
        private final List<Binding> portion = new ArrayList<>();
        private final Set<LeaseKey> portionKeys = new HashSet<>();
        private boolean enabled = true;
        private boolean hairpinning = true;
        private boolean incomingIcmpv4 = true;
        private boolean icmpv4Errors = true;
        private boolean incomingIcmpv6 = true;
        private boolean icmpv6Errors = true;
        private int icmpv4Rate = DEFAULT_ERRORS_PER_SECOND;
        private int icmpv6Rate = DEFAULT_ERRORS_PER_SECOND;
        private @Nullable Integer payloadMtu;
        private @Nullable Integer pathMru;
        private @Nullable Ipv6Address anyTunnel;
    }

    /** Reads the value of a member whose name is known; the parser stands on the value. */
    private interface Member {
        void read(String name) throws IOException, ReplayException;
    }

    private interface Element {
        void read() throws IOException, ReplayException;
    }

    private TableFile(Path file, JsonParser json) {
        this.file = file;
        this.json = json;
    }

    static ReplayTable read(Path file) throws ReplayException {
        if (Files.isDirectory(file)) {
            throw new ReplayException("cannot read " + file + ": it is a directory");
        }
        JsonFactory factory = JsonFactory.builder()
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .build();
        try (JsonParser json = factory.createParser(Files.newInputStream(file))) {
            return new TableFile(file, json).read();
        } catch (JsonProcessingException malformed) {
            int line = malformed.getLocation() == null
                    ? 0
                    : malformed.getLocation().getLineNr();
            throw new ReplayException(
                    file + ", line " + line + ", is not JSON: " + firstLine(malformed.getOriginalMessage()));
        } catch (IOException unreadable) {
            throw ReplayException.cannotRead(file, unreadable);
        }
    }

    private static String firstLine(@Nullable String text) {
        return text == null ? "malformed" : text.lines().findFirst().orElse("malformed");
    }

    private ReplayTable read() throws IOException, ReplayException {
        if (json.nextToken() == null) {
            throw new ReplayException(file + " is empty");
        }
        members(name -> {
            switch (name) {
                case "br-instances" -> members(this::readMode);
                case "case-settings" -> members(this::readCaseSetting);
                default -> ignore(name);
            }
        });
        if (json.nextToken() != null) {
            throw fault("something follows the end of the table");
        }
        return build();
    }

    private void readMode(String name) throws IOException, ReplayException {
        if (name.equals("binding")) {
            members(inner -> {
                if (inner.equals("bind-instance")) {
                    elements(this::readInstance);
                } else {
                    ignore(inner);
                }
            });
        } else {
            ignore(name);
        }
    }

    private void readInstance() throws IOException, ReplayException {
        Instance read = new Instance();
        members(name -> {
            switch (name) {
                case "name" -> text();
                case "enabled" -> read.enabled = flag();
                case "softwire-payload-mtu" -> read.payloadMtu = number(68, 65535);
                case "softwire-path-mru" -> read.pathMru = number(1280, 65535);
                case "enable-hairpinning" -> read.hairpinning = flag();
                case "binding-table" -> members(inner -> readEntries(inner, read));
                case "icmp-policy" -> members(inner -> readIcmpPolicy(inner, read));
                default -> ignore(name);
            }
        });
        putPortion(read);
        if (read.enabled) {
            if (instance != null) {
                throw fault("more than one enabled bind-instance; a TEP has the policies of one");
            }
            instance = read;
        }
    }

    private void readEntries(String name, Instance into) throws IOException, ReplayException {
        if (name.equals("binding-entry")) {
            elements(() -> readBinding(into));
        } else {
            ignore(name);
        }
    }

    private void readIcmpPolicy(String family, Instance into) throws IOException, ReplayException {
        switch (family) {
            case "icmpv4-errors" ->
                members(name -> {
                    switch (name) {
                        case "allow-incoming-icmpv4" -> into.incomingIcmpv4 = flag();
                        case "generate-icmpv4-errors" -> into.icmpv4Errors = flag();
                        case "icmpv4-rate" -> into.icmpv4Rate = number(0, Integer.MAX_VALUE);
                        default -> ignore(name);
                    }
                });
            case "icmpv6-errors" ->
                members(name -> {
                    switch (name) {
                        case "allow-incoming-icmpv6" -> into.incomingIcmpv6 = flag();
                        case "generate-icmpv6-errors" -> into.icmpv6Errors = flag();
                        case "icmpv6-rate" -> into.icmpv6Rate = number(0, Integer.MAX_VALUE);
                        default -> ignore(name);
                    }
                });
            default -> ignore(family);
        }
    }

    private void readCaseSetting(String name) throws IOException, ReplayException {
        switch (name) {
            case "tep-ipv6" -> tunnelAddress = value(Ipv6Address::parse);
            case "tep-ipv4" -> ipv4Address = value(Ipv4Address::parse);
            case "mtu-ipv6" -> tunnelMtu = number(1280, 65535);
            case "mtu-ipv4" -> ipv4Mtu = number(68, 65535);
            case "tcp-mss" -> tcpMss = number(0, 65535);
            case "portless-protocols" -> portlessProtocols = flag();
            case "echo-by-identifier" -> echo = flag() ? EchoLookup.IDENTIFIER : EchoLookup.PORT_ZERO;
            case "outer-hop-limit" -> outerHopLimit = number(1, 255);
            case "ecn-compatibility" -> ecnCompatibility = flag();
            case "reassembly-max-fragments" -> mostFragments = number(1, 65535);
            default -> ignore(name);
        }
    }

    /** A {@code binding-entry} while its members come, in any order. */
    private static final class Entry {
        private @Nullable Ipv6Prefix client;
        private @Nullable Ipv4Address address;
        private @Nullable Ipv6Address tunnel;
        private int psidOffset;
        private int psidLength;
        private int psid;
    }

    private void readBinding(Instance into) throws IOException, ReplayException {
        Entry entry = new Entry();
        members(name -> {
            switch (name) {
                case "binding-ipv6info" -> entry.client = value(Ipv6Prefix::parse);
                case "binding-ipv4-addr" -> entry.address = value(Ipv4Address::parse);
                case "br-ipv6-addr" -> entry.tunnel = value(Ipv6Address::parse);
                case "port-set" ->
                    members(inner -> {
                        switch (inner) {
                            case "psid-offset" -> entry.psidOffset = number(0, 15);
                            case "psid-len" -> entry.psidLength = number(0, 16);
                            case "psid" -> entry.psid = number(0, 65535);
                            default -> ignore(inner);
                        }
                    });
                default -> ignore(name);
            }
        });
        put(bindingOf(entry), into);
    }

    private Binding bindingOf(Entry entry) throws ReplayException {
        Ipv6Prefix client = entry.client;
        Ipv4Address address = entry.address;
        Ipv6Address tunnel = entry.tunnel;
        if (client == null || address == null || tunnel == null) {
            throw fault("a binding needs binding-ipv6info, binding-ipv4-addr and br-ipv6-addr");
        }
        try {
            PortSet ports = new PortSet(entry.psidOffset, entry.psidLength, entry.psid);
            Ipv6Address source = client.length() == 128 ? client.address() : client.tunnelAddress(address, ports);
            return new Binding(new LeaseKey(address, ports), source, tunnel, NEVER);
        } catch (IllegalArgumentException unfit) {
            throw fault(String.valueOf(unfit.getMessage()));
        }
    }

    private void put(Binding binding, Instance into) throws ReplayException {
        if (!into.portionKeys.add(binding.key()) || into.bindings.contains(binding.key())) {
            throw fault(binding.key() + " is bound twice");
        }
        if (into.anyTunnel == null) {
            into.anyTunnel = binding.tunnelAddress();
        }
        into.portion.add(binding);
        if (into.portion.size() >= Math.max(LEAST_PORTION, into.bindings.size())) {
            putPortion(into);
        }
    }

    private void putPortion(Instance into) throws ReplayException {
        try {
            into.bindings.apply(List.of(), into.portion);
        } catch (TepException full) {
            throw fault(String.valueOf(full.getMessage()));
        }
        into.portion.clear();
        into.portionKeys.clear();
    }

    private ReplayTable build() throws ReplayException {
        Instance found = instance;
        if (found == null) {
            throw new ReplayException(file + " has no enabled " + MODULE + "br-instances/binding/bind-instance");
        }
        Ipv6Address tunnel = tunnelAddress == null ? found.anyTunnel : tunnelAddress;
        if (tunnel == null) {
            throw new ReplayException(
                    file + " names no tunnel address, neither case-settings/tep-ipv6 nor a br-ipv6-addr");
        }
        ReassemblyLimits usual = ReassemblyLimits.DEFAULT;
        RulesSettings settings = new RulesSettings(
                tunnel,
                // Those of the bindings are known to the table.
                List.of(),
                firstOf(ipv4Address, null, DEFAULT_IPV4_ADDRESS),
                firstOf(tunnelMtu, found.pathMru, DEFAULT_MTU),
                firstOf(ipv4Mtu, found.payloadMtu, DEFAULT_MTU),
                found.hairpinning ? Hairpinning.TRUE : Hairpinning.OUTSIDE,
                found.icmpv4Errors,
                found.icmpv6Errors,
                found.incomingIcmpv4,
                found.incomingIcmpv6,
                echo,
                // There is no kernel beside these rules to take its share: RFC 2473 section 3.1 decrements on the way
                // in.
                false,
                true,
                tcpMss,
                portlessProtocols,
                new ReassemblyLimits(usual.bytes(), usual.packetsPerSource(), mostFragments),
                new OuterHeader(outerHopLimit, ecnCompatibility));
        Policy policy = Policy.of(settings, found.icmpv4Rate, found.icmpv6Rate);
        return new ReplayTable(found.bindings, policy, List.copyOf(ignored));
    }

    private static <T> T firstOf(@Nullable T first, @Nullable T second, T last) {
        return first != null ? first : second != null ? second : last;
    }

    private void members(Member member) throws IOException, ReplayException {
        if (json.currentToken() != JsonToken.START_OBJECT) {
            throw fault("an object is expected");
        }
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String name = json.currentName();
            json.nextToken();
            member.read(name.startsWith(MODULE) ? name.substring(MODULE.length()) : name);
        }
    }

    private void elements(Element element) throws IOException, ReplayException {
        if (json.currentToken() != JsonToken.START_ARRAY) {
            throw fault("an array is expected");
        }
        while (json.nextToken() != JsonToken.END_ARRAY) {
            element.read();
        }
    }

    private void ignore(String name) throws IOException {
        if (!WITHOUT_EFFECT.contains(name)) {
            ignored.add(name);
        }
        json.skipChildren();
    }

    private String text() throws IOException, ReplayException {
        if (json.currentToken() != JsonToken.VALUE_STRING) {
            throw fault("a text is expected");
        }
        return json.getText();
    }

    private <T> T value(Function<String, T> parse) throws IOException, ReplayException {
        try {
            return parse.apply(text());
        } catch (IllegalArgumentException unfit) {
            throw fault(String.valueOf(unfit.getMessage()));
        }
    }

    private boolean flag() throws IOException, ReplayException {
        if (!json.currentToken().isBoolean()) {
            throw fault("true or false is expected");
        }
        return json.getBooleanValue();
    }

    private int number(int least, int most) throws IOException, ReplayException {
        boolean whole = json.currentToken() == JsonToken.VALUE_NUMBER_INT;
        String digits = json.getText();
        long value = whole && digits.length() < 18 ? Long.parseLong(digits) : -1;
        if (value < least || value > most) {
            throw fault("'" + digits + "' is not a number from " + least + " to " + most);
        }
        return (int) value;
    }

    private ReplayException fault(String reason) {
        return new ReplayException(file + ", line " + json.currentLocation().getLineNr() + " ("
                + json.getParsingContext().pathAsPointer() + "): " + reason);
    }
}
