package io.dstm.dhcpv6.internal.client;

import java.util.Map;

/** The client of DHCPv4 over DHCPv6 over JMX, as {@code io.dstm:type=Dhcp4o6Client}. */
public interface Dhcp4o6ClientMXBean {

    /** What the client waits for; empty when all is well. */
    String getDetail();

    /** How received datagrams ended; every datagram is counted exactly once. */
    Map<String, Long> getCounters();
}
