package io.dstm.dhcpv6.internal.server;

import io.dstm.api.config.ConfigException;
import io.dstm.api.config.ConfigReader;
import io.dstm.api.net.Ipv4Address;
import io.dstm.dhcpv6.internal.codec.DstmCodes;
import io.dstm.dhcpv6.internal.common.CodeSettings;
import java.util.List;
import java.util.Map;

/**
 * The configuration {@code io.dstm.dhcpv6.server}.
 *
 * @param interfaces the names of the interfaces to listen on
 * @param rapidCommit whether a Solicit with Rapid Commit is answered with a lease at once, and Rebind may create one
 * @param preference what an Advertise says of this server, 0 to 255
 * @param codes the codes of the DSTM options
 * @param dhcp4o6 whether DHCPv4 inside DHCPv6 is answered and clients are told so (RFC 7341)
 * @param dhcp4ServerId what that calls itself (RFC 2132 section 9.7)
 * @param operation what is about operation, whatever is lent
 */
public record ServerSettings(
        List<String> interfaces,
        boolean rapidCommit,
        int preference,
        DstmCodes codes,
        boolean dhcp4o6,
        Ipv4Address dhcp4ServerId,
        OperationSettings operation) {

    /** The well-known address of tunnel end points (RFC 6333 section 6.5): nobody's in IPv4, so free for a name. */
    public static final Ipv4Address DEFAULT_DHCP4_SERVER_ID = Ipv4Address.parse("192.0.0.1");

    /** Keeps the list unchangeable. */
    public ServerSettings {
        interfaces = List.copyOf(interfaces);
    }

    /** With the usual operation. */
    public ServerSettings(
            List<String> interfaces,
            boolean rapidCommit,
            int preference,
            DstmCodes codes,
            boolean dhcp4o6,
            Ipv4Address dhcp4ServerId) {
        this(interfaces, rapidCommit, preference, codes, dhcp4o6, dhcp4ServerId, OperationSettings.DEFAULT);
    }

    /**
     * Reads what Config Admin handed over.
     *
     * @throws ConfigException if anything is wrong
     */
    public static ServerSettings read(Map<String, ?> properties) throws ConfigException {
        ConfigReader reader = new ConfigReader(properties);
        List<String> interfaces = reader.list("interfaces", CodeSettings::interfaceName).stream()
                .distinct()
                .toList();
        if (interfaces.isEmpty() && !reader.hasProblem("interfaces")) {
            reader.problem("interfaces", "is required: the interfaces to listen on, such as eth0,eth1");
        }
        boolean rapidCommit = reader.flag("rapid.commit", true);
        int preference = reader.number("preference", 0, 0, 255);
        DstmCodes codes = CodeSettings.read(reader);
        boolean dhcp4o6 = reader.flag("dhcp4o6", true);
        Ipv4Address serverId = reader.ipv4("dhcp4o6.server.id").orElse(DEFAULT_DHCP4_SERVER_ID);
        if (serverId.equals(Ipv4Address.UNSPECIFIED) || serverId.isMulticast() || serverId.value() == -1) {
            reader.problem("dhcp4o6.server.id", "must be the address of a host, such as " + DEFAULT_DHCP4_SERVER_ID);
        }
        OperationSettings operation = OperationSettings.read(reader);
        reader.finish();
        return new ServerSettings(interfaces, rapidCommit, preference, codes, dhcp4o6, serverId, operation);
    }
}
