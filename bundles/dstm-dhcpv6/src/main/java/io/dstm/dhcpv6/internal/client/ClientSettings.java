package io.dstm.dhcpv6.internal.client;

import io.dstm.api.config.ConfigException;
import io.dstm.api.config.ConfigReader;
import io.dstm.api.net.Ipv6Address;
import io.dstm.dhcpv6.internal.codec.DstmCodes;
import io.dstm.dhcpv6.internal.codec.MessageCodec;
import io.dstm.dhcpv6.internal.common.CodeSettings;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The configuration {@code io.dstm.dhcpv6.client}.
 *
 * @param device the name of the interface to ask on
 * @param rapidCommit whether a lease in the first answer is wanted
 * @param tunnelSource the address to ask and tunnel from; {@code null} for the interface's best
 * @param reconfigure whether the server may call this client
 * @param firstDelay within which time, at random, the first question on a link is asked
 * @param codes the codes of the DSTM options
 * @param codec the codec for them
 */
public record ClientSettings(
        String device,
        boolean rapidCommit,
        @Nullable Ipv6Address tunnelSource,
        boolean reconfigure,
        Duration firstDelay,
        DstmCodes codes,
        MessageCodec codec) {

    private static final Duration LONGEST_FIRST_DELAY = Duration.ofMinutes(1);

    /** Of a client that may be called and asks at once. */
    public ClientSettings(
            String device,
            boolean rapidCommit,
            @Nullable Ipv6Address tunnelSource,
            DstmCodes codes,
            MessageCodec codec) {
        this(device, rapidCommit, tunnelSource, true, Duration.ZERO, codes, codec);
    }

    /**
     * Reads what Config Admin handed over.
     *
     * @throws ConfigException if anything is wrong
     */
    public static ClientSettings read(Map<String, ?> properties) throws ConfigException {
        ConfigReader reader = new ConfigReader(properties);
        String device = reader.required("interface", "", CodeSettings::interfaceName);
        boolean rapidCommit = reader.flag("rapid.commit", true);
        Ipv6Address tunnelSource = reader.ipv6("tunnel.source").orElse(null);
        if (tunnelSource != null && !tunnelSource.isRoutableUnicast()) {
            reader.problem("tunnel.source", tunnelSource + " is no address that packets from the TEP can reach");
        }
        boolean reconfigure = reader.flag("reconfigure", true);
        Duration firstDelay = reader.duration("first.delay", Duration.ZERO, Duration.ZERO, LONGEST_FIRST_DELAY);
        DstmCodes codes = CodeSettings.read(reader);
        reader.finish();
        return new ClientSettings(
                device, rapidCommit, tunnelSource, reconfigure, firstDelay, codes, new MessageCodec(codes));
    }
}
