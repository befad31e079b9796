package io.dstm.dhcpv6.internal.codec;

import io.dstm.api.net.Ipv4Address;
import io.dstm.dhcpv6.internal.codec.Dhcp4Option.ClientId;
import io.dstm.dhcpv6.internal.codec.Dhcp4Option.DnsServers;
import io.dstm.dhcpv6.internal.codec.Dhcp4Option.Kind;
import io.dstm.dhcpv6.internal.codec.Dhcp4Option.LeaseTime;
import io.dstm.dhcpv6.internal.codec.Dhcp4Option.ParameterRequest;
import io.dstm.dhcpv6.internal.codec.Dhcp4Option.PortParams;
import io.dstm.dhcpv6.internal.codec.Dhcp4Option.Reason;
import io.dstm.dhcpv6.internal.codec.Dhcp4Option.RebindingTime;
import io.dstm.dhcpv6.internal.codec.Dhcp4Option.RenewalTime;
import io.dstm.dhcpv6.internal.codec.Dhcp4Option.RequestedAddress;
import io.dstm.dhcpv6.internal.codec.Dhcp4Option.Routers;
import io.dstm.dhcpv6.internal.codec.Dhcp4Option.ServerId;
import io.dstm.dhcpv6.internal.codec.Dhcp4Option.SoftwireSource;
import io.dstm.dhcpv6.internal.codec.Dhcp4Option.SubnetMask;
import io.dstm.dhcpv6.internal.codec.Dhcp4Option.Unknown;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** One row an option of DHCPv4: code, type, section, lengths, how its data is read and written, as in {@link OptionTable}. */
final class Dhcp4Table {

    private static final int ANY = 0xFFFF;

    /** Reads an option's data. */
    private interface Read {
        Dhcp4Option from(FieldReader in) throws MalformedException;
    }

    /** Writes an option's data. */
    private interface Write<O extends Dhcp4Option> {
        void to(O option, OctetWriter out);
    }

    private record Row<O extends Dhcp4Option>(
            int code, Class<O> type, String section, int least, int most, int step, Read read, Write<O> write) {

        void writeData(Dhcp4Option option, OctetWriter out) {
            write.to(type.cast(option), out);
        }
    }

    private static final List<Row<?>> ROWS = List.of(
            address(1, SubnetMask.class, "3.3", SubnetMask::new, SubnetMask::mask),
            addresses(3, Routers.class, "3.5", Routers::new, Routers::addresses),
            addresses(6, DnsServers.class, "3.8", DnsServers::new, DnsServers::addresses),
            address(50, RequestedAddress.class, "9.1", RequestedAddress::new, RequestedAddress::address),
            time(51, LeaseTime.class, "9.2", LeaseTime::new, LeaseTime::seconds),
            new Row<>(
                    53,
                    Kind.class,
                    "RFC 2132 section 9.6",
                    1,
                    1,
                    1,
                    in -> new Kind(new Dhcp4MessageType(in.u8())),
                    (o, out) -> out.u8(o.type().code())),
            address(54, ServerId.class, "9.7", ServerId::new, ServerId::address),
            new Row<>(
                    55,
                    ParameterRequest.class,
                    "RFC 2132 section 9.8",
                    1,
                    ANY,
                    1,
                    Dhcp4Table::readCodes,
                    (o, out) -> o.codes().forEach(out::u8)),
            new Row<>(
                    56,
                    Reason.class,
                    "RFC 2132 section 9.9",
                    0,
                    ANY,
                    1,
                    in -> new Reason(in.text()),
                    (o, out) -> out.octets(Octets.of(o.text().getBytes(StandardCharsets.UTF_8)))),
            time(58, RenewalTime.class, "9.11", RenewalTime::new, RenewalTime::seconds),
            time(59, RebindingTime.class, "9.12", RebindingTime::new, RebindingTime::seconds),
            new Row<>(
                    61,
                    ClientId.class,
                    "RFC 2132 section 9.14",
                    1,
                    ANY,
                    1,
                    in -> new ClientId(in.rest()),
                    (o, out) -> out.octets(o.id())),
            new Row<>(
                    109,
                    SoftwireSource.class,
                    "RFC 8539 section 6.2",
                    16,
                    16,
                    1,
                    in -> new SoftwireSource(in.ipv6()),
                    (o, out) -> out.address(o.address())),
            new Row<>(
                    Dhcp4Option.V4_PORTPARAMS,
                    PortParams.class,
                    "RFC 7618 section 9",
                    4,
                    4,
                    1,
                    in -> new PortParams(OptionTable.readPorts(in)),
                    (o, out) -> OptionTable.writePorts(o.ports(), out)));

    private static final Map<Integer, Row<?>> BY_CODE = new HashMap<>();
    private static final Map<Class<?>, Row<?>> BY_TYPE = new HashMap<>();

    static {
        for (Row<?> row : ROWS) {
            BY_CODE.put(row.code(), row);
            BY_TYPE.put(row.type(), row);
        }
    }

    private Dhcp4Table() {}

    /** Reads an option from its data, put together if it came in pieces. */
    static Dhcp4Option read(int code, byte[] data) throws MalformedException {
        Row<?> row = BY_CODE.get(code);
        if (row == null) {
            return new Unknown(code, Octets.of(data));
        }
        FieldReader in = new FieldReader(data, 0, data.length, row.section());
        if (data.length < row.least() || data.length > row.most() || data.length % row.step() != 0) {
            throw in.malformed("DHCPv4 option " + code + " has " + data.length + " octets");
        }
        return row.read().from(in);
    }

    static int code(Dhcp4Option option) {
        return option instanceof Unknown unknown
                ? unknown.code()
                : rowOf(option).code();
    }

    static byte[] data(Dhcp4Option option) {
        if (option instanceof Unknown unknown) {
            return unknown.data().toBytes();
        }
        OctetWriter out = new OctetWriter();
        rowOf(option).writeData(option, out);
        return out.toBytes();
    }

    private static Row<?> rowOf(Dhcp4Option option) {
        @Nullable Row<?> row = BY_TYPE.get(option.getClass());
        if (row == null) {
            throw new IllegalStateException("no row for " + option.getClass().getSimpleName());
        }
        return row;
    }

    private static <O extends Dhcp4Option> Row<O> address(
            int code, Class<O> type, String section, Function<Ipv4Address, O> make, Function<O, Ipv4Address> part) {
        return new Row<>(
                code,
                type,
                "RFC 2132 section " + section,
                4,
                4,
                1,
                in -> make.apply(in.ipv4()),
                (o, out) -> out.u32(part.apply(o).toUnsignedLong()));
    }

    private static <O extends Dhcp4Option> Row<O> addresses(
            int code,
            Class<O> type,
            String section,
            Function<List<Ipv4Address>, O> make,
            Function<O, List<Ipv4Address>> part) {
        return new Row<>(
                code,
                type,
                "RFC 2132 section " + section,
                4,
                ANY,
                4,
                in -> make.apply(readAddresses(in)),
                (o, out) -> part.apply(o).forEach(address -> out.u32(address.toUnsignedLong())));
    }

    private static <O extends Dhcp4Option> Row<O> time(
            int code, Class<O> type, String section, LongFunction<O> make, ToLongFunction<O> part) {
        return new Row<>(
                code,
                type,
                "RFC 2132 section " + section,
                4,
                4,
                1,
                in -> make.apply(in.u32()),
                (o, out) -> out.u32(part.applyAsLong(o)));
    }

    private static List<Ipv4Address> readAddresses(FieldReader in) throws MalformedException {
        List<Ipv4Address> addresses = new ArrayList<>();
        while (in.remaining() > 0) {
            addresses.add(in.ipv4());
        }
        return addresses;
    }

    private static Dhcp4Option readCodes(FieldReader in) throws MalformedException {
        List<Integer> codes = new ArrayList<>();
        while (in.remaining() > 0) {
            codes.add(in.u8());
        }
        return new ParameterRequest(codes);
    }
}
