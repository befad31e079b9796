package io.dstm.api.datapath;

import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Prefix;
import io.dstm.api.net.Ipv6Address;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Sets addresses, routes and switches of the kernel, without running programs. Every call is done when it returns. */
public interface NetworkControl {

    /** Every interface with its addresses. */
    List<InterfaceInfo> interfaces() throws DatapathException;

    /** Gives a device an IPv4 address; no error if it has it. */
    void addAddress(String device, Ipv4Address address, int prefixLength) throws DatapathException;

    /** Takes an IPv4 address from a device; no error if it has not. */
    void removeAddress(String device, Ipv4Address address, int prefixLength) throws DatapathException;

    /**
     * Gives a device an IPv6 address; no error if it has it. {@link #interfaces} shows it once the kernel has made sure that nobody
     * else has it (RFC 4862 section 5.4).
     */
    default void addAddress(String device, Ipv6Address address, int prefixLength) throws DatapathException {
        throw new DatapathException("IPv6 addresses cannot be given to " + device + " here");
    }

    /** Takes an IPv6 address from a device; no error if it has not. */
    default void removeAddress(String device, Ipv6Address address, int prefixLength) throws DatapathException {
        throw new DatapathException("IPv6 addresses cannot be taken from " + device + " here");
    }

    /** Sets a route, in place of one to the same prefix with the same metric. */
    void setRoute(Route route) throws DatapathException;

    /** Removes a route; no error if there is none. */
    void removeRoute(Route route) throws DatapathException;

    /** Sets a device's MTU in bytes. */
    void setMtu(String device, int mtu) throws DatapathException;

    /** The IPv6 source address the kernel would choose towards {@code destination}; empty without a route. */
    Optional<Ipv6Address> sourceTowards(Ipv6Address destination);

    /** Reads a kernel switch below /proc/sys, such as {@code net.ipv4.ip_forward}; empty if there is none. */
    Optional<String> readSwitch(String name);

    /** Writes a kernel switch below /proc/sys. */
    void writeSwitch(String name, String value) throws DatapathException;

    /**
     * An IPv4 route.
     *
     * @param destination the prefix; 0.0.0.0/0 for the default route
     * @param device out of which device; {@code null} discards silently (blackhole)
     * @param preferredSource which source new sockets get; {@code null} for the kernel's choice
     * @param metric lower wins, 0 to 2^32 - 1
     * @param mtu the route's MTU in bytes; 0 for the device's
     */
    record Route(
            Ipv4Prefix destination,
            @Nullable String device,
            @Nullable Ipv4Address preferredSource,
            long metric,
            int mtu) {}

    /**
     * A network interface.
     *
     * @param name its name
     * @param index its index
     * @param up whether it is up and running
     * @param mtu its MTU in bytes
     * @param ipv6 its IPv6 addresses that are usable (not tentative, not duplicate)
     * @param ipv4 its IPv4 addresses
     */
    record InterfaceInfo(String name, int index, boolean up, int mtu, List<Ipv6Address> ipv6, List<Ipv4Address> ipv4) {

        /** Keeps the lists unchangeable. */
        public InterfaceInfo {
            ipv6 = List.copyOf(ipv6);
            ipv4 = List.copyOf(ipv4);
        }
    }
}
