package io.dstm.management.internal;

import io.dstm.api.tep.CounterValue;
import java.util.List;
import java.util.Map;

/** A TEP: {@code io.dstm:type=Tep,name=NAME}. Times are ISO 8601 in UTC. */
public interface TepMXBean {

    /** {@code WAITING}, {@code FORWARDING}, {@code FAILED} or {@code STOPPED}. */
    String getState();

    /** One sentence: what it waits for or what is wrong; empty when all is well. */
    String getDetail();

    /** The IPv4 device; empty while there is none. */
    String getDevice();

    /** How packets are moved. */
    String getDatapath();

    /** Largest IPv6 packet it sends, in bytes. */
    int getTunnelMtu();

    /** How many bindings there are. */
    int getBindingCount();

    /** Packets and bytes by outcome, since the TEP started. */
    Map<String, CounterValue> getCounters();

    /**
     * One page of all bindings, in order of address and port.
     *
     * @param offset how many to skip
     * @param limit how many to return, 0 to 10000
     */
    BindingPage bindings(int offset, int limit);

    /**
     * One page of the bindings that match.
     *
     * @param client part of the client's IPv6 address, or of its identity if the server is on this node; empty for any
     * @param address an IPv4 address or prefix; empty for any
     * @param offset how many to skip
     * @param limit how many to return, 0 to 10000
     */
    BindingPage findBindings(String client, String address, int offset, int limit);

    /**
     * A binding.
     *
     * @param address the IPv4 address
     * @param ports the ports of it: {@code all}, a range, or PSID and offset
     * @param tunnelSource the client's end of the tunnel
     * @param tunnelAddress the TEP's end of the tunnel
     * @param expires when it ends if nobody prolongs it
     */
    record BindingData(String address, String ports, String tunnelSource, String tunnelAddress, String expires) {}

    /**
     * Part of the bindings.
     *
     * @param bindings the part
     * @param offset how many come before it
     * @param total how many match in all
     */
    record BindingPage(List<BindingData> bindings, int offset, long total) {}
}
