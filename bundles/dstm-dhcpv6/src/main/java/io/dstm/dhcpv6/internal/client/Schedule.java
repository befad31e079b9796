package io.dstm.dhcpv6.internal.client;

import java.time.Duration;

/** When a message is sent again. One for each exchange. */
interface Schedule {

    /** Whether as many were sent as may be, so that the exchange fails when the present time is over. */
    boolean exhausted();

    /** How long to wait for an answer after the transmission that happens now. */
    Duration next();
}
