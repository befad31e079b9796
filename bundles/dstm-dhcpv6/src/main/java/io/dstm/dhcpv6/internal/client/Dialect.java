package io.dstm.dhcpv6.internal.client;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv6Address;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.OptionCode;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** In which options a client asks for IPv4 over DHCPv6, and finds it. */
interface Dialect {

    /** The name of the lease source that speaks it. */
    String name();

    /** What the client asks for besides what every client asks for. */
    List<OptionCode> requested();

    /** The association that asks for {@code key}, prolongs it or gives it back; empty for any lease. */
    Option ask(Optional<LeaseKey> key);

    /**
     * What an Advertise or Reply says.
     *
     * @param held what the client has, to be found again in a Reply to Renew or Rebind; {@code null} if nothing
     * @param source the address the client asked from
     * @param now when the message arrived
     */
    Verdict read(Message.Direct message, @Nullable LeaseKey held, Ipv6Address source, Instant now);
}
