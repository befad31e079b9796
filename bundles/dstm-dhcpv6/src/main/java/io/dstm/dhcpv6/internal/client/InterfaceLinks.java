package io.dstm.dhcpv6.internal.client;

import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.NetworkControl;
import io.dstm.api.datapath.NetworkControl.InterfaceInfo;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the interface and the address to ask from. That address becomes the end of the tunnel, so it should not change without
 * need: the one chosen before is kept as long as it is there.
 */
public final class InterfaceLinks implements Supplier<LinkState>, LocalAddresses {

    private static final Logger log = LoggerFactory.getLogger(InterfaceLinks.class);

    private static final Ipv6Prefix GLOBAL_UNICAST = Ipv6Prefix.parse("2000::/3");

    private final NetworkControl network;
    private final Supplier<Optional<ClientSettings>> settings;
    private @Nullable Ipv6Address last;

    /** What {@link #take} gave to which device. */
    private final Map<Ipv6Address, String> taken = new ConcurrentHashMap<>();

    /** Looks at the interface that the settings name. */
    public InterfaceLinks(NetworkControl network, Supplier<Optional<ClientSettings>> settings) {
        this.network = network;
        this.settings = settings;
    }

    @Override
    public LinkState get() {
        return find(false);
    }

    /** The same with the interface's link-local address, for who asks from that. */
    public LinkState getWithLocal() {
        return find(true);
    }

    @Override
    public Optional<Ipv6Address> in(Ipv6Prefix prefix) {
        try {
            return network.interfaces().stream()
                    .filter(InterfaceInfo::up)
                    .flatMap(info -> info.ipv6().stream())
                    .filter(address -> address.isRoutableUnicast() && prefix.contains(address))
                    .findFirst();
        } catch (DatapathException unreadable) {
            return Optional.empty();
        }
    }

    @Override
    public Optional<String> take(Ipv6Address address) {
        String device = settings.get().map(ClientSettings::device).orElse("");
        if (in(new Ipv6Prefix(address, 128)).isPresent()) {
            return Optional.empty();
        }
        try {
            network.addAddress(device, address, 128);
            taken.put(address, device);
            return Optional.empty();
        } catch (DatapathException refused) {
            return Optional.of("cannot give " + device + " the address " + address + " that its tunnel is to end at: "
                    + refused.getMessage());
        }
    }

    @Override
    public void drop(Ipv6Address address) {
        String device = taken.remove(address);
        if (device != null) {
            try {
                network.removeAddress(device, address, 128);
            } catch (DatapathException left) {
                log.debug("{} keeps {}", device, address, left);
            }
        }
    }

    /** Drops all that was taken. */
    void dropAll() {
        List.copyOf(taken.keySet()).forEach(this::drop);
    }

    private LinkState find(boolean withLocal) {
        Optional<ClientSettings> current = settings.get();
        if (current.isEmpty()) {
            return new LinkState.Waiting("there is no valid configuration");
        }
        String device = current.get().device();
        List<InterfaceInfo> interfaces;
        try {
            interfaces = network.interfaces();
        } catch (DatapathException unreadable) {
            return new LinkState.Waiting("the interfaces cannot be listed: " + unreadable.getMessage());
        }
        Optional<InterfaceInfo> found =
                interfaces.stream().filter(info -> info.name().equals(device)).findFirst();
        if (found.isEmpty()) {
            return new LinkState.Waiting("there is no interface " + device);
        }
        if (!found.get().up()) {
            return new LinkState.Waiting("interface " + device + " is down");
        }
        Ipv6Address fixed = current.get().tunnelSource();
        Optional<Ipv6Address> source = fixed == null
                ? best(found.get().ipv6())
                : Optional.of(fixed).filter(address -> interfaces.stream()
                        .anyMatch(info -> info.ipv6().contains(address)));
        if (source.isEmpty()) {
            return new LinkState.Waiting(
                    fixed == null
                            ? "interface " + device + " has no global IPv6 address yet"
                            : "no interface has the address " + fixed + " of tunnel.source");
        }
        last = source.get();
        return new LinkState.Ready(
                new Link(device, found.get().index(), source.get(), withLocal ? local(found.get()) : null));
    }

    private static @Nullable Ipv6Address local(InterfaceInfo info) {
        return info.ipv6().stream().filter(Ipv6Address::isLinkLocal).findFirst().orElse(null);
    }

    /** Global before local addresses (RFC 4193), since a TEP elsewhere may not reach those; else in the kernel's order. */
    private Optional<Ipv6Address> best(List<Ipv6Address> addresses) {
        Ipv6Address before = last;
        if (before != null && addresses.contains(before)) {
            return Optional.of(before);
        }
        return addresses.stream()
                .filter(address -> address.isRoutableUnicast() && !taken.containsKey(address))
                .min(Comparator.comparing(address -> !GLOBAL_UNICAST.contains(address)));
    }
}
