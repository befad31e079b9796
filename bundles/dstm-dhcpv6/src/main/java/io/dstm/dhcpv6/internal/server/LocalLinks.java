package io.dstm.dhcpv6.internal.server;

import io.dstm.api.ipv6.Ipv6Link;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import java.net.Inet6Address;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The links the server is on, as they were a moment ago.
 *
 * @param links a link for each configured interface that is up
 */
record LocalLinks(List<LocalLink> links) {

    static final LocalLinks NONE = new LocalLinks(List.of());

    /**
     * A link.
     *
     * @param name the interface's name
     * @param index the interface's index
     * @param subnets the server's routable addresses there with the prefixes they are in
     * @param prefixes these prefixes
     */
    record LocalLink(String name, int index, List<Subnet> subnets, List<Ipv6Prefix> prefixes) {

        private LocalLink(String name, int index, List<Subnet> subnets) {
            this(name, index, subnets, subnets.stream().map(Subnet::prefix).toList());
        }

        private boolean holds(Ipv6Address address) {
            for (Subnet subnet : subnets) {
                if (subnet.prefix().contains(address)) {
                    return true;
                }
            }
            return false;
        }
    }

    /** An address of the server and the prefix that is on the link with it. */
    record Subnet(Ipv6Address address, Ipv6Prefix prefix) {}

    static LocalLinks of(List<String> names) {
        List<LocalLink> links = new ArrayList<>();
        for (String name : names) {
            find(name).ifPresent(device -> links.add(new LocalLink(name, device.getIndex(), subnets(device))));
        }
        return new LocalLinks(links);
    }

    /** The interface, if there is one of that name and it is up. */
    static Optional<NetworkInterface> find(String name) {
        try {
            NetworkInterface device = NetworkInterface.getByName(name);
            return device != null && device.isUp() ? Optional.of(device) : Optional.empty();
        } catch (SocketException gone) {
            return Optional.empty();
        }
    }

    private static List<Subnet> subnets(NetworkInterface device) {
        List<Subnet> subnets = new ArrayList<>();
        for (InterfaceAddress own : device.getInterfaceAddresses()) {
            if (own.getAddress() instanceof Inet6Address inet) {
                Ipv6Address address = Ipv6Address.ofBytes(inet.getAddress(), 0);
                if (address.isRoutableUnicast()) {
                    subnets.add(new Subnet(address, Ipv6Prefix.of(address, own.getNetworkPrefixLength())));
                }
            }
        }
        return subnets;
    }

    boolean has(int index) {
        for (LocalLink link : links) {
            if (link.index() == index) {
                return true;
            }
        }
        return false;
    }

    /** The name of an interface; empty if it is none of these. */
    String nameOf(int index) {
        return links.stream()
                .filter(link -> link.index() == index)
                .map(LocalLink::name)
                .findFirst()
                .orElse("");
    }

    /** The index of an interface; 0 if it is none of these. */
    int indexOf(String name) {
        return links.stream()
                .filter(link -> link.name().equals(name))
                .mapToInt(LocalLink::index)
                .findFirst()
                .orElse(0);
    }

    /** An address of the link that {@code source} is on, by its scope or else its prefix; {@code null} if that is unknown. */
    @Nullable
    Ipv6Address addressTowards(Ipv6Address source, int scope) {
        for (LocalLink link : links) {
            if (scope == 0 || link.index() == scope) {
                for (Subnet subnet : link.subnets()) {
                    if (scope != 0 || subnet.prefix().contains(source)) {
                        return subnet.address();
                    }
                }
            }
        }
        return null;
    }

    /** The link that {@code source} is on, by its scope or else its prefix, as IPv6 leases know it. */
    Ipv6Link ipv6Towards(Ipv6Address source, int scope) {
        for (LocalLink link : links) {
            if (scope == 0 ? link.holds(source) : link.index() == scope) {
                return new Ipv6Link(link.name(), addressTowards(source, scope), link.prefixes(), source);
            }
        }
        return new Ipv6Link(null, null, List.of(), source);
    }
}
