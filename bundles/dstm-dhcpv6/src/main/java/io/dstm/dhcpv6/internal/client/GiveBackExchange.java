package io.dstm.dhcpv6.internal.client;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.dhcpv6.internal.client.ClientCore.Ready;
import io.dstm.dhcpv6.internal.codec.Dhcp4Message;
import io.dstm.dhcpv6.internal.codec.Dhcp4MessageType;
import io.dstm.dhcpv6.internal.codec.Dhcp4Option;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Gives a lease back (DHCPRELEASE, DHCPDECLINE). Nobody answers those, so each is sent once (RFC 2131 section 4.4.6). */
final class GiveBackExchange extends QueryExchange {

    /** How long the kernel may take to send. */
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final boolean release;
    private final Ipv4Address server;
    private final LeaseKey key;
    private final Runnable done;

    /**
     * A message.
     *
     * @param type {@link MessageType#RELEASE} or {@link MessageType#DECLINE}
     * @param done runs when it is sent, or cannot be
     */
    GiveBackExchange(Dhcp4Core dhcp4, MessageType type, Ipv4Address server, LeaseKey key, Runnable done) {
        super(
                dhcp4,
                type.equals(MessageType.RELEASE) ? Dhcp4MessageType.RELEASE : Dhcp4MessageType.DECLINE,
                type.equals(MessageType.RELEASE) ? "DHCPRELEASE" : "DHCPDECLINE");
        this.release = type.equals(MessageType.RELEASE);
        this.server = server;
        this.key = key;
        this.done = done;
    }

    @Override
    Schedule schedule() {
        return new Schedule() {
            @Override
            public boolean exhausted() {
                return true;
            }

            @Override
            public Duration next() {
                return PATIENCE;
            }
        };
    }

    /** RFC 2131 sections 4.4.4 and 4.4.6. */
    @Override
    boolean unicast() {
        return release;
    }

    @Override
    Ipv4Address ciaddr() {
        return release ? key.address() : Ipv4Address.UNSPECIFIED;
    }

    @Override
    List<Dhcp4Option> content(Ready now) {
        List<Dhcp4Option> content = new ArrayList<>();
        content.add(new Dhcp4Option.ServerId(server));
        if (!release) {
            content.add(new Dhcp4Option.RequestedAddress(key.address()));
        }
        addPorts(content, key);
        return content;
    }

    @Override
    void sent(CompletionStage<Void> sending) {
        var unused = sending.whenComplete((nothing, problem) -> {
            end();
            done.run();
        });
    }

    @Override
    ClientCounter receive(Message.Direct carrier, Dhcp4Message message) {
        return ClientCounter.DROP_MESSAGE_TYPE;
    }

    @Override
    void givenUp() {
        done.run();
    }
}
