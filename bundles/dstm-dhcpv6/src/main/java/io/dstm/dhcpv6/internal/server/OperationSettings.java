package io.dstm.dhcpv6.internal.server;

import io.dstm.api.config.ConfigReader;

/**
 * The part of the configuration {@code io.dstm.dhcpv6.server} that is about operation, whatever is lent.
 *
 * @param reconfigure whether clients that agree are given a key and can be called
 */
public record OperationSettings(boolean reconfigure) {

    /** What holds where nothing is configured. */
    public static final OperationSettings DEFAULT = new OperationSettings(true);

    static OperationSettings read(ConfigReader reader) {
        return new OperationSettings(reader.flag("reconfigure", DEFAULT.reconfigure()));
    }
}
