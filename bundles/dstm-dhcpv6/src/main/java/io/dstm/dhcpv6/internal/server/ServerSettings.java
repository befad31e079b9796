package io.dstm.dhcpv6.internal.server;

import io.dstm.api.config.ConfigException;
import io.dstm.api.config.ConfigReader;
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
 */
public record ServerSettings(List<String> interfaces, boolean rapidCommit, int preference, DstmCodes codes) {

    /** Keeps the list unchangeable. */
    public ServerSettings {
        interfaces = List.copyOf(interfaces);
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
        if (reader.text("interfaces").isEmpty()) {
            reader.problem("interfaces", "is required: the interfaces to listen on, such as eth0,eth1");
        }
        boolean rapidCommit = reader.flag("rapid.commit", true);
        int preference = reader.number("preference", 0, 0, 255);
        DstmCodes codes = CodeSettings.read(reader);
        reader.finish();
        return new ServerSettings(interfaces, rapidCommit, preference, codes);
    }
}
