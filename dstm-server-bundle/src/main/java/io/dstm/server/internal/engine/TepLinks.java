package io.dstm.server.internal.engine;

import io.dstm.api.net.Ipv6Address;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The links by name and by tunnel address. A link stays when its TEP goes: it is the same TEP when it comes back. */
final class TepLinks {

    private final Map<String, TepLink> byName = new LinkedHashMap<>();
    private final Function<String, TepLink> maker;

    TepLinks(Function<String, TepLink> maker) {
        this.maker = maker;
    }

    /** The link of a name, made at need. */
    TepLink link(String name) {
        return byName.computeIfAbsent(name, maker);
    }

    @Nullable
    TepLink named(String name) {
        return byName.get(name);
    }

    /** The link whose TEP has this tunnel address now. */
    @Nullable
    TepLink at(Ipv6Address tunnelAddress) {
        for (TepLink link : byName.values()) {
            if (tunnelAddress.equals(link.address())) {
                return link;
            }
        }
        return null;
    }

    boolean isTunnelAddress(Ipv6Address address) {
        return at(address) != null;
    }

    Collection<TepLink> all() {
        return byName.values();
    }
}
