package io.dstm.dhcpv6.internal.client;

import java.util.Map;

/** The client of lw4o6 over JMX, as {@code io.dstm:type=Lw4o6Client}. */
public interface Lw4o6ClientMXBean {

    /** What the client waits for; empty when all is well. */
    String getDetail();

    /** How received datagrams ended; every datagram is counted exactly once. */
    Map<String, Long> getCounters();
}
