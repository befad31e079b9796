package io.dstm.management.internal;

import java.util.List;

/** The server: {@code io.dstm:type=Server}. Times are ISO 8601 in UTC. */
public interface ServerMXBean {

    /** Every pool and how full it is, in order of name. */
    List<Pool> getPools();

    /** How many leases clients have. */
    long getActiveLeases();

    /** How many leases can be given now, over all pools. */
    long getFreeLeases();

    /**
     * One page of all leases, in order of address and port.
     *
     * @param offset how many to skip
     * @param limit how many to return, 0 to 10000
     */
    LeasePage leases(int offset, int limit);

    /**
     * One page of the leases that match.
     *
     * @param client part of the client's identity or IPv6 address; empty for any
     * @param address an IPv4 address or prefix; empty for any
     * @param offset how many to skip
     * @param limit how many to return, 0 to 10000
     */
    LeasePage findLeases(String client, String address, int offset, int limit);

    /**
     * Has a client ask without waiting for its own time, if it agreed to be called (DHCPv6: Reconfigure).
     *
     * @param client the client as leases name it, such as {@code duid:0001…/1}
     * @param purpose {@code RENEW}, {@code REBIND} or {@code INFORM}
     * @return {@code ANSWERED}, {@code NOT_CALLABLE}, {@code BUSY}, {@code UNAVAILABLE}, or {@code CALLING} if the client has not
     *     come within five seconds: the server goes on for some minutes
     */
    String call(String client, String purpose);

    /**
     * One page of the leases that match, by port too.
     *
     * @param client part of the client's identity or IPv6 address; empty for any
     * @param address an IPv4 address or prefix; empty for any
     * @param port a port of the lent port set; -1 for any
     * @param offset how many to skip
     * @param limit how many to return, 0 to 10000
     */
    LeasePage findLeasesByPort(String client, String address, int port, int offset, int limit);

    /**
     * Ends a client's lease as if the client had given it back.
     *
     * @param client the client as leases name it, such as {@code duid:0001…/1}
     */
    OutcomeData release(String client);

    /**
     * Takes a client's lease back and calls the client, so that it learns at once.
     *
     * @param client the client as leases name it, such as {@code duid:0001…/1}
     */
    OutcomeData revoke(String client);

    /**
     * Keeps an address for one client, in the pool's file.
     *
     * @param pool the pool
     * @param address the address, or address and PSID such as {@code 192.0.2.17#5}
     * @param client the client as reservations name it, such as {@code duid:0003…}; empty ends the reservation
     */
    OutcomeData reserve(String pool, String address, String client);

    /**
     * Stops a pool from lending and prolonging, or lets it again, in the pool's file.
     *
     * @param pool the pool
     * @param on whether it is to drain
     */
    OutcomeData drain(String pool, boolean on);

    /**
     * Has the table of a TEP compared with the leases.
     *
     * @param tep the TEP
     */
    OutcomeData resync(String tep);

    /**
     * Writes every lease to a new file of the server's machine.
     *
     * @param file the file; it must not exist
     */
    OutcomeData exportLeases(String file);

    /**
     * Takes a client's lease back: the TEP forgets it, then it is quarantined. The client is called, if it can be, so that it
     * learns at once. {@link #revoke} says more of it.
     *
     * @param client the client as leases name it, such as {@code duid:0001…/1}
     * @return whether there was such a lease
     */
    boolean withdraw(String client);

    /**
     * Who held an address, and a port of it, when; one page, in order of beginning. At least an address or a client is needed.
     *
     * @param address the IPv4 address; empty for any
     * @param port a port of it; -1 for any
     * @param client the whole identity, such as {@code duid:0001…}; empty for anybody
     * @param from the begin, such as {@code 2026-11-21T12:00:00Z}; empty for the first known
     * @param to the end, exclusive; empty for no end
     * @param offset how many to skip
     * @param limit how many to return, 0 to 100000
     */
    HistoryPage history(String address, int port, String client, String from, String to, int offset, int limit);

    /**
     * Who held something.
     *
     * @param address the IPv4 address
     * @param ports the ports of it
     * @param client who held it
     * @param tunnelSource the client's end of the tunnel
     * @param tunnelAddress the TEP's end of the tunnel
     * @param pool the pool it came from
     * @param from since when
     * @param to until when, exclusive; of a present holder when its lease ends
     * @param end {@code HELD} or why it ended
     */
    record HistoryData(
            String address,
            String ports,
            String client,
            String tunnelSource,
            String tunnelAddress,
            String pool,
            String from,
            String to,
            String end) {}

    /**
     * Part of the history.
     *
     * @param entries the part
     * @param offset how many come before it
     * @param total how many match in all
     */
    record HistoryPage(List<HistoryData> entries, int offset, int total) {}

    /**
     * A pool.
     *
     * @param name its name
     * @param ranges the addresses it lends
     * @param psidLength how many bits of PSID share an address; 0 for whole addresses
     * @param psidOffset the PSID offset
     * @param tep the TEP that forwards for it
     * @param capacity how many leases it can hold
     * @param active leases that clients have
     * @param offered leases shown to clients or being made
     * @param quarantined leases held back after their end
     * @param draining active leases outside the present ranges
     * @param reserved how many of the capacity are kept for clients with a reservation that do not have it now
     * @param free how many leases can be given now to others
     * @param drains whether it lends and prolongs nothing
     */
    record Pool(
            String name,
            List<String> ranges,
            int psidLength,
            int psidOffset,
            String tep,
            long capacity,
            long active,
            long offered,
            long quarantined,
            long draining,
            long reserved,
            long free,
            boolean drains) {}

    /**
     * A lease.
     *
     * @param address the IPv4 address
     * @param ports the ports of it: {@code all}, a range, or PSID and offset
     * @param client who has it
     * @param tunnelSource the client's end of the tunnel
     * @param tunnelAddress the TEP's end of the tunnel
     * @param pool the pool it comes from
     * @param state where it is in its life
     * @param since when this client got it first
     * @param until when this state ends
     */
    record LeaseData(
            String address,
            String ports,
            String client,
            String tunnelSource,
            String tunnelAddress,
            String pool,
            String state,
            String since,
            String until) {}

    /**
     * Part of the leases.
     *
     * @param leases the part
     * @param offset how many come before it
     * @param total how many match in all
     */
    record LeasePage(List<LeaseData> leases, int offset, long total) {}
}
