package io.dstm.server.internal.ipv6;

import java.util.Map;

/** IPv6 leases as operators see them over JMX, {@code io.dstm:type=Ipv6Leases}. */
public interface Ipv6LeasesMXBean {

    /** What each pool lends and where, by its name. */
    Map<String, String> getPools();

    /** How many addresses of each pool are lent, declined ones included, by the pool's name. */
    Map<String, Long> getAddresses();

    /** How many prefixes of each pool are delegated, by the pool's name. */
    Map<String, Long> getPrefixes();

    /**
     * Who has an address, or the delegated prefix that it is in.
     *
     * @param address an IPv6 address
     * @return prefix, client, pool and end of the lease in a line; empty if nobody has it from this server
     * @throws IllegalArgumentException if it is no IPv6 address
     */
    String holderOf(String address);
}
