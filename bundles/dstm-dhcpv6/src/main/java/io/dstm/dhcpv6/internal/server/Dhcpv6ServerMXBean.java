package io.dstm.dhcpv6.internal.server;

import java.util.Map;

/** The DHCPv6 server as operators see it over JMX, {@code io.dstm:type=Dhcpv6Server}. */
public interface Dhcpv6ServerMXBean {

    /** One sentence: why it does not serve, or not everywhere; empty when all is well. */
    String getDetail();

    /** How it does its I/O: {@code epoll} or {@code nio}. */
    String getTransport();

    /** How many datagrams ended in each way since the server started. */
    Map<String, Long> getCounters();
}
