package io.dstm.dhcpv6.internal.codec;

import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import io.dstm.api.net.PortSet;
import io.dstm.api.net.PortSet.PortRange;
import io.dstm.dhcpv6.internal.codec.Option.Auth;
import io.dstm.dhcpv6.internal.codec.Option.ClientData;
import io.dstm.dhcpv6.internal.codec.Option.ClientId;
import io.dstm.dhcpv6.internal.codec.Option.CltTime;
import io.dstm.dhcpv6.internal.codec.Option.Dhcp4oDhcp6Server;
import io.dstm.dhcpv6.internal.codec.Option.Dhcpv4Msg;
import io.dstm.dhcpv6.internal.codec.Option.DnsServers;
import io.dstm.dhcpv6.internal.codec.Option.DstmPorts;
import io.dstm.dhcpv6.internal.codec.Option.DstmTep;
import io.dstm.dhcpv6.internal.codec.Option.ElapsedTime;
import io.dstm.dhcpv6.internal.codec.Option.IaAddress;
import io.dstm.dhcpv6.internal.codec.Option.IaDstm;
import io.dstm.dhcpv6.internal.codec.Option.IaNa;
import io.dstm.dhcpv6.internal.codec.Option.IaPd;
import io.dstm.dhcpv6.internal.codec.Option.IaPrefix;
import io.dstm.dhcpv6.internal.codec.Option.IaTa;
import io.dstm.dhcpv6.internal.codec.Option.InfMaxRt;
import io.dstm.dhcpv6.internal.codec.Option.InformationRefreshTime;
import io.dstm.dhcpv6.internal.codec.Option.InterfaceId;
import io.dstm.dhcpv6.internal.codec.Option.LqClientLink;
import io.dstm.dhcpv6.internal.codec.Option.LqQuery;
import io.dstm.dhcpv6.internal.codec.Option.LqRelayData;
import io.dstm.dhcpv6.internal.codec.Option.OptionRequest;
import io.dstm.dhcpv6.internal.codec.Option.Preference;
import io.dstm.dhcpv6.internal.codec.Option.RapidCommit;
import io.dstm.dhcpv6.internal.codec.Option.ReconfAccept;
import io.dstm.dhcpv6.internal.codec.Option.ReconfMsg;
import io.dstm.dhcpv6.internal.codec.Option.RelayId;
import io.dstm.dhcpv6.internal.codec.Option.RelayMsg;
import io.dstm.dhcpv6.internal.codec.Option.RelayPort;
import io.dstm.dhcpv6.internal.codec.Option.S46BindIpv6Prefix;
import io.dstm.dhcpv6.internal.codec.Option.S46Br;
import io.dstm.dhcpv6.internal.codec.Option.S46ContLw;
import io.dstm.dhcpv6.internal.codec.Option.S46PortParams;
import io.dstm.dhcpv6.internal.codec.Option.S46Priority;
import io.dstm.dhcpv6.internal.codec.Option.S46V4V6Bind;
import io.dstm.dhcpv6.internal.codec.Option.ServerId;
import io.dstm.dhcpv6.internal.codec.Option.SolMaxRt;
import io.dstm.dhcpv6.internal.codec.Option.StatusCode;
import io.dstm.dhcpv6.internal.codec.Option.Unknown;
import io.dstm.dhcpv6.internal.codec.Option.Unreadable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One row an option: code, type, section, lengths, how its data is read and written. The lengths are checked before a row's reader
 * runs; {@code step} is the size of an element where the data is a list, 1 where any length from the least on will do.
 */
final class OptionTable {

    /** Two octets of type and at least one of identifier. */
    static final int SHORTEST_DUID = 3;

    /** Two octets of type and at most 128 of identifier (RFC 8415 section 11.1). */
    static final int LONGEST_DUID = 130;

    private static final int ANY = 0xFFFF;

    /** Reads an option's data. */
    private interface Read {
        Option from(OctetReader in) throws MalformedException;
    }

    /** Writes an option's data. */
    private interface Write<O extends Option> {
        void to(O option, OctetWriter out, OptionTable table);
    }

    private record Row<O extends Option>(
            OptionCode code, Class<O> type, String section, int least, int most, int step, Read read, Write<O> write) {

        void writeData(Option option, OctetWriter out, OptionTable table) {
            write.to(type.cast(option), out, table);
        }
    }

    private static final List<Row<?>> STANDARD = List.of(
            row(
                    OptionCode.CLIENTID,
                    ClientId.class,
                    "RFC 8415 section 21.2",
                    SHORTEST_DUID,
                    LONGEST_DUID,
                    in -> new ClientId(in.rest()),
                    (o, out, t) -> out.octets(o.duid())),
            row(
                    OptionCode.SERVERID,
                    ServerId.class,
                    "RFC 8415 section 21.3",
                    SHORTEST_DUID,
                    LONGEST_DUID,
                    in -> new ServerId(in.rest()),
                    (o, out, t) -> out.octets(o.duid())),
            row(
                    OptionCode.IA_NA,
                    IaNa.class,
                    "RFC 8415 section 21.4",
                    12,
                    ANY,
                    in -> new IaNa(in.s32(), in.u32(), in.u32(), in.options()),
                    (o, out, t) -> t.write(out.u32(o.iaid()).u32(o.t1()).u32(o.t2()), o.options())),
            row(
                    OptionCode.IA_TA,
                    IaTa.class,
                    "RFC 8415 section 21.5",
                    4,
                    ANY,
                    in -> new IaTa(in.s32(), in.options()),
                    (o, out, t) -> t.write(out.u32(o.iaid()), o.options())),
            row(
                    OptionCode.IAADDR,
                    IaAddress.class,
                    "RFC 8415 section 21.6",
                    24,
                    ANY,
                    in -> new IaAddress(in.ipv6(), in.u32(), in.u32(), in.options()),
                    (o, out, t) ->
                            t.write(out.address(o.address()).u32(o.preferred()).u32(o.valid()), o.options())),
            list(
                    OptionCode.ORO,
                    OptionRequest.class,
                    "RFC 8415 section 21.7",
                    0,
                    2,
                    in -> new OptionRequest(codes(in)),
                    (o, out, t) -> o.codes().forEach(code -> out.u16(code.value()))),
            row(
                    OptionCode.PREFERENCE,
                    Preference.class,
                    "RFC 8415 section 21.8",
                    1,
                    1,
                    in -> new Preference(in.u8()),
                    (o, out, t) -> out.u8(o.value())),
            row(
                    OptionCode.ELAPSED_TIME,
                    ElapsedTime.class,
                    "RFC 8415 section 21.9",
                    2,
                    2,
                    in -> new ElapsedTime(in.u16()),
                    (o, out, t) -> out.u16(o.hundredths())),
            row(
                    OptionCode.RELAY_MSG,
                    RelayMsg.class,
                    "RFC 8415 section 21.10",
                    4,
                    ANY,
                    in -> new RelayMsg(in.relayedMessage()),
                    (o, out, t) -> t.write(out, o.message())),
            row(
                    OptionCode.AUTH,
                    Auth.class,
                    "RFC 8415 section 21.11",
                    11,
                    ANY,
                    in -> new Auth(in.u8(), in.u8(), in.u8(), in.s64(), in.rest()),
                    (o, out, t) -> out.u8(o.protocol())
                            .u8(o.algorithm())
                            .u8(o.replayMethod())
                            .u64(o.replay())
                            .octets(o.information())),
            row(
                    OptionCode.STATUS_CODE,
                    StatusCode.class,
                    "RFC 8415 section 21.13",
                    2,
                    ANY,
                    in -> new StatusCode(new Status(in.u16()), in.text()),
                    (o, out, t) ->
                            out.u16(o.status().code()).octets(Octets.of(o.text().getBytes(StandardCharsets.UTF_8)))),
            row(
                    OptionCode.RAPID_COMMIT,
                    RapidCommit.class,
                    "RFC 8415 section 21.14",
                    0,
                    0,
                    in -> new RapidCommit(),
                    (o, out, t) -> {}),
            row(
                    OptionCode.INTERFACE_ID,
                    InterfaceId.class,
                    "RFC 8415 section 21.18",
                    0,
                    ANY,
                    in -> new InterfaceId(in.rest()),
                    (o, out, t) -> out.octets(o.id())),
            row(
                    OptionCode.RECONF_MSG,
                    ReconfMsg.class,
                    "RFC 8415 section 21.19",
                    1,
                    1,
                    in -> new ReconfMsg(new MessageType(in.u8())),
                    (o, out, t) -> out.u8(o.type().code())),
            row(
                    OptionCode.RECONF_ACCEPT,
                    ReconfAccept.class,
                    "RFC 8415 section 21.20",
                    0,
                    0,
                    in -> new ReconfAccept(),
                    (o, out, t) -> {}),
            list(
                    OptionCode.DNS_SERVERS,
                    DnsServers.class,
                    "RFC 3646 section 3",
                    0,
                    16,
                    in -> new DnsServers(addresses(in)),
                    (o, out, t) -> o.addresses().forEach(out::address)),
            row(
                    OptionCode.IA_PD,
                    IaPd.class,
                    "RFC 8415 section 21.21",
                    12,
                    ANY,
                    in -> new IaPd(in.s32(), in.u32(), in.u32(), in.options()),
                    (o, out, t) -> t.write(out.u32(o.iaid()).u32(o.t1()).u32(o.t2()), o.options())),
            row(
                    OptionCode.IAPREFIX,
                    IaPrefix.class,
                    "RFC 8415 section 21.22",
                    25,
                    ANY,
                    OptionTable::readIaPrefix,
                    (o, out, t) -> t.write(
                            out.u32(o.preferred())
                                    .u32(o.valid())
                                    .u8(o.prefix().length())
                                    .address(o.prefix().address()),
                            o.options())),
            row(
                    OptionCode.INFORMATION_REFRESH_TIME,
                    InformationRefreshTime.class,
                    "RFC 8415 section 21.23",
                    4,
                    4,
                    in -> new InformationRefreshTime(in.u32()),
                    (o, out, t) -> out.u32(o.seconds())),
            row(
                    OptionCode.LQ_QUERY,
                    LqQuery.class,
                    "RFC 5007 section 4.1.2.1",
                    17,
                    ANY,
                    in -> new LqQuery(in.u8(), in.ipv6(), in.options()),
                    (o, out, t) -> t.write(out.u8(o.type()).address(o.link()), o.options())),
            row(
                    OptionCode.CLIENT_DATA,
                    ClientData.class,
                    "RFC 5007 section 4.1.2.2",
                    0,
                    ANY,
                    in -> new ClientData(in.options()),
                    (o, out, t) -> t.write(out, o.options())),
            row(
                    OptionCode.CLT_TIME,
                    CltTime.class,
                    "RFC 5007 section 4.1.2.3",
                    4,
                    4,
                    in -> new CltTime(in.u32()),
                    (o, out, t) -> out.u32(o.seconds())),
            row(
                    OptionCode.LQ_RELAY_DATA,
                    LqRelayData.class,
                    "RFC 5007 section 4.1.2.4",
                    16,
                    ANY,
                    in -> new LqRelayData(in.ipv6(), in.rest()),
                    (o, out, t) -> out.address(o.peer()).octets(o.message())),
            list(
                    OptionCode.LQ_CLIENT_LINK,
                    LqClientLink.class,
                    "RFC 5007 section 4.1.2.5",
                    0,
                    16,
                    in -> new LqClientLink(addresses(in)),
                    (o, out, t) -> o.links().forEach(out::address)),
            row(
                    OptionCode.RELAY_ID,
                    RelayId.class,
                    "RFC 5460 section 5.4.1",
                    SHORTEST_DUID,
                    LONGEST_DUID,
                    in -> new RelayId(in.rest()),
                    (o, out, t) -> out.octets(o.duid())),
            row(
                    OptionCode.SOL_MAX_RT,
                    SolMaxRt.class,
                    "RFC 8415 section 21.24",
                    4,
                    4,
                    in -> new SolMaxRt(in.u32()),
                    (o, out, t) -> out.u32(o.seconds())),
            row(
                    OptionCode.INF_MAX_RT,
                    InfMaxRt.class,
                    "RFC 8415 section 21.25",
                    4,
                    4,
                    in -> new InfMaxRt(in.u32()),
                    (o, out, t) -> out.u32(o.seconds())),
            row(
                    OptionCode.DHCPV4_MSG,
                    Dhcpv4Msg.class,
                    "RFC 7341 section 7.1",
                    0,
                    ANY,
                    in -> new Dhcpv4Msg(in.rest()),
                    (o, out, t) -> out.octets(o.message())),
            list(
                    OptionCode.DHCP4_O_DHCP6_SERVER,
                    Dhcp4oDhcp6Server.class,
                    "RFC 7341 section 7.2",
                    0,
                    16,
                    in -> new Dhcp4oDhcp6Server(addresses(in)),
                    (o, out, t) -> o.addresses().forEach(out::address)),
            row(
                    OptionCode.S46_BR,
                    S46Br.class,
                    "RFC 7598 section 4.2",
                    16,
                    16,
                    in -> new S46Br(in.ipv6()),
                    (o, out, t) -> out.address(o.address())),
            row(
                    OptionCode.S46_V4V6BIND,
                    S46V4V6Bind.class,
                    "RFC 7598 section 4.4",
                    5,
                    ANY,
                    OptionTable::readV4V6Bind,
                    OptionTable::writeV4V6Bind),
            row(
                    OptionCode.S46_PORTPARAMS,
                    S46PortParams.class,
                    "RFC 7598 section 4.5",
                    4,
                    4,
                    in -> new S46PortParams(readPorts(in)),
                    (o, out, t) -> writePorts(o.ports(), out)),
            row(
                    OptionCode.S46_CONT_LW,
                    S46ContLw.class,
                    "RFC 7598 section 5.3",
                    0,
                    ANY,
                    in -> new S46ContLw(in.options()),
                    (o, out, t) -> t.write(out, o.options())),
            list(
                    OptionCode.S46_PRIORITY,
                    S46Priority.class,
                    "RFC 8026 section 1.4",
                    2,
                    2,
                    in -> new S46Priority(codes(in)),
                    (o, out, t) -> o.codes().forEach(code -> out.u16(code.value()))),
            row(
                    OptionCode.RELAY_PORT,
                    RelayPort.class,
                    "RFC 8357 section 4",
                    2,
                    2,
                    in -> new RelayPort(in.u16()),
                    (o, out, t) -> out.u16(o.downstreamSourcePort())),
            row(
                    OptionCode.S46_BIND_IPV6_PREFIX,
                    S46BindIpv6Prefix.class,
                    "RFC 8539 section 6.1",
                    1,
                    17,
                    OptionTable::readBindPrefix,
                    (o, out, t) -> writeShortPrefix(o.prefix(), out)));

    /** Codes below this are found without a map. */
    private static final int LOW = 256;

    private final @Nullable Row<?>[] byLowCode = new Row<?>[LOW];
    private final Map<Integer, Row<?>> byCode = new HashMap<>();
    private final Map<Class<?>, Row<?>> byType = new HashMap<>();

    OptionTable(DstmCodes codes) {
        List<Row<?>> rows = new ArrayList<>(STANDARD);
        rows.add(row(
                codes.iaDstm(),
                IaDstm.class,
                "draft-ietf-dhc-dhcpv6-opt-dstm-01 section 3",
                12,
                ANY,
                in -> new IaDstm(in.s32(), in.u32(), in.u32(), in.options()),
                (o, out, t) -> t.write(out.u32(o.iaid()).u32(o.t1()).u32(o.t2()), o.options())));
        rows.add(row(
                codes.dstmTep(),
                DstmTep.class,
                "draft-ietf-dhc-dhcpv6-opt-dstm-01 section 4",
                16,
                16,
                in -> new DstmTep(in.ipv6()),
                (o, out, t) -> out.address(o.address())));
        rows.add(row(
                codes.dstmPorts(),
                DstmPorts.class,
                "draft-ietf-dhc-dhcpv6-opt-dstm-ports-01",
                4,
                4,
                OptionTable::readDstmPorts,
                (o, out, t) -> out.u16(o.range().first()).u16(o.range().last())));
        for (Row<?> row : rows) {
            if (row.code().value() < LOW) {
                byLowCode[row.code().value()] = row;
            } else {
                byCode.put(row.code().value(), row);
            }
            byType.put(row.type(), row);
        }
    }

    static boolean isStandard(OptionCode code) {
        return STANDARD.stream().anyMatch(row -> row.code().equals(code));
    }

    /** Reads the data of an option; {@code in} is exactly that data. */
    Option read(OptionCode code, OctetReader in) throws MalformedException {
        Row<?> row = rowOf(code);
        if (row == null) {
            return new Unknown(code, in.rest());
        }
        in.section = row.section();
        if (!code.equals(OptionCode.S46_CONT_LW) && !code.equals(OptionCode.S46_BIND_IPV6_PREFIX)) {
            return read(row, in);
        }
        OctetReader data = in.again();
        // "MUST silently ignore such container options" (RFC 7598 section 6): a broken one must not cost the client its
        // Reply. Nor must a broken hint: "the receiver discards the invalid option and proceeds" (RFC 8539 section
        // 7.4).
        try {
            return read(row, data);
        } catch (MalformedException broken) {
            return new Unreadable(code, in.rest(), broken.error());
        }
    }

    private static Option read(Row<?> row, OctetReader data) throws MalformedException {
        int length = data.remaining();
        if (length < row.least() || length > row.most() || (length - row.least()) % row.step() != 0) {
            throw data.malformed(
                    DecodeError.Kind.OPTION_LENGTH,
                    row.section(),
                    "option " + row.code() + " has " + length + " octets");
        }
        return row.read().from(data);
    }

    void write(OctetWriter out, Options options) {
        for (Option option : options.list()) {
            int begin;
            if (option instanceof Unknown unknown) {
                begin = out.u16(unknown.code().value()).beginLength();
                out.octets(unknown.data());
            } else if (option instanceof Unreadable unreadable) {
                begin = out.u16(unreadable.code().value()).beginLength();
                out.octets(unreadable.data());
            } else {
                Row<?> row = rowOf(option);
                begin = out.u16(row.code().value()).beginLength();
                row.writeData(option, out, this);
            }
            out.endLength(begin);
        }
    }

    void write(OctetWriter out, Message message) {
        if (message instanceof Message.Relayed relayed) {
            out.u8(relayed.type().code())
                    .u8(relayed.hopCount())
                    .address(relayed.link())
                    .address(relayed.peer());
        } else if (message instanceof Message.Direct direct) {
            out.u8(direct.type().code()).u24(direct.transactionId());
        }
        write(out, message.options());
    }

    private @Nullable Row<?> rowOf(OptionCode code) {
        return code.value() < LOW ? byLowCode[code.value()] : byCode.get(code.value());
    }

    private Row<?> rowOf(Option option) {
        @Nullable Row<?> row = byType.get(option.getClass());
        if (row == null) {
            throw new IllegalStateException("no row for " + option.getClass().getSimpleName());
        }
        return row;
    }

    private static <O extends Option> Row<O> row(
            OptionCode code, Class<O> type, String section, int least, int most, Read read, Write<O> write) {
        return new Row<>(code, type, section, least, most, 1, read, write);
    }

    private static <O extends Option> Row<O> list(
            OptionCode code, Class<O> type, String section, int least, int step, Read read, Write<O> write) {
        return new Row<>(code, type, section, least, ANY, step, read, write);
    }

    private static List<OptionCode> codes(OctetReader in) throws MalformedException {
        List<OptionCode> codes = new ArrayList<>();
        while (in.remaining() > 0) {
            codes.add(new OptionCode(in.u16()));
        }
        return codes;
    }

    private static List<Ipv6Address> addresses(OctetReader in) throws MalformedException {
        List<Ipv6Address> addresses = new ArrayList<>();
        while (in.remaining() > 0) {
            addresses.add(in.ipv6());
        }
        return addresses;
    }

    private static Option readIaPrefix(OctetReader in) throws MalformedException {
        long preferred = in.u32();
        long valid = in.u32();
        int length = prefixLength(in);
        Ipv6Address address = in.ipv6();
        // Bits behind the prefix are to be ignored (RFC 8415 section 21.22).
        return new IaPrefix(preferred, valid, Ipv6Prefix.of(address, length), in.options());
    }

    private static Option readV4V6Bind(OctetReader in) throws MalformedException {
        return new S46V4V6Bind(in.ipv4(), readShortPrefix(in), in.options());
    }

    private static void writeV4V6Bind(S46V4V6Bind bind, OctetWriter out, OptionTable table) {
        writeShortPrefix(bind.prefix(), out.u32(bind.address().toUnsignedLong()));
        table.write(out, bind.options());
    }

    /** A prefix of which only the octets that have bits of it are there; bits behind it are ignored. */
    private static Ipv6Prefix readShortPrefix(OctetReader in) throws MalformedException {
        int length = prefixLength(in);
        return Ipv6Prefix.of(in.ipv6Start((length + 7) / 8), length);
    }

    private static Option readBindPrefix(OctetReader in) throws MalformedException {
        Ipv6Prefix prefix = readShortPrefix(in);
        if (in.remaining() > 0) {
            throw in.malformed("octets are left behind the prefix");
        }
        return new S46BindIpv6Prefix(prefix);
    }

    private static void writeShortPrefix(Ipv6Prefix prefix, OctetWriter out) {
        out.u8(prefix.length()).octets(prefix.address().toBytes(), (prefix.length() + 7) / 8);
    }

    private static int prefixLength(OctetReader in) throws MalformedException {
        int length = in.u8();
        if (length > 128) {
            throw in.malformed("prefix length " + length + " is above 128");
        }
        return length;
    }

    /** A port set with its PSID left aligned, as DHCPv6 and DHCPv4 have it (RFC 7598 section 4.5, RFC 7618 section 9). */
    static PortSet readPorts(FieldReader in) throws MalformedException {
        int offset = in.u8();
        int length = in.u8();
        int leftAligned = in.u16();
        if (offset > 15 || length > 16 - offset) {
            throw in.malformed("offset " + offset + " and PSID length " + length + " do not fit into 16 bits");
        }
        // "PSID-len 0: the PSID field is to be ignored" (RFC 7598 section 4.5).
        if (length == 0) {
            return new PortSet(offset, 0, 0);
        }
        if ((leftAligned & 0xFFFF >>> length) != 0) {
            throw in.malformed("the PSID has bits set behind its length");
        }
        return new PortSet(offset, length, leftAligned >>> (16 - length));
    }

    static void writePorts(PortSet ports, OctetWriter out) {
        out.u8(ports.offset()).u8(ports.psidLength()).u16(ports.psid() << (16 - ports.psidLength()));
    }

    private static Option readDstmPorts(OctetReader in) throws MalformedException {
        int first = in.u16();
        int last = in.u16();
        if (first > last) {
            throw in.malformed("the port range ends before it starts");
        }
        return new DstmPorts(new PortRange(first, last));
    }
}
