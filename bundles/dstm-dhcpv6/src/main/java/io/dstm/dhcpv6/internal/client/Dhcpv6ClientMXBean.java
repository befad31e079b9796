package io.dstm.dhcpv6.internal.client;

import java.util.Map;

/** The DHCPv6 client as operators see it over JMX, {@code io.dstm:type=Dhcpv6Client}. */
public interface Dhcpv6ClientMXBean {

    /** One sentence: what it waits for; empty when all is well. */
    String getDetail();

    /** How it does its I/O: {@code epoll} or {@code nio}. */
    String getTransport();

    /** How many received datagrams ended in each way since the client started. */
    Map<String, Long> getCounters();
}
