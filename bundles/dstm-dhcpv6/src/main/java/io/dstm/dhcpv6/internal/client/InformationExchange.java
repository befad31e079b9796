package io.dstm.dhcpv6.internal.client;

import io.dstm.api.client.LeaseRefusedException;
import io.dstm.api.net.Ipv6Address;
import io.dstm.dhcpv6.internal.client.ClientCore.Ready;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.OptionCode;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Asks whether there is DHCPv4 over DHCPv6, and where (Information-request, RFC 8415 section 18.2.6). */
final class InformationExchange extends Dhcpv6Exchange {

    /** IRT_DEFAULT and IRT_MINIMUM (RFC 8415 section 7.6). */
    private static final Duration REFRESH = Duration.ofDays(1);

    private static final Duration LEAST_REFRESH = Duration.ofMinutes(10);

    /** More servers than anybody has; each is sent every question. */
    private static final int MOST_SERVERS = 4;

    private final Dhcp4Core dhcp4;
    private final Conversation conversation;
    private final Supplier<Exchange> question;
    private boolean firstTimeIsOver;
    private boolean denied;

    /**
     * An Information-request.
     *
     * @param question what to go on with if there is
     */
    InformationExchange(Dhcp4Core dhcp4, Conversation conversation, Supplier<Exchange> question) {
        super(dhcp4.core(), MessageType.INFORMATION_REQUEST);
        this.dhcp4 = dhcp4;
        this.conversation = conversation;
        this.question = question;
    }

    @Override
    Schedule schedule() {
        firstTimeIsOver = false;
        denied = false;
        return new Retransmission(
                Retransmission.Parameters.INFORMATION_REQUEST.withMrt(core().infMaxRt()), core().random(), false);
    }

    @Override
    List<Option> content(Ready now) {
        return List.of(new Option.OptionRequest(
                List.of(OptionCode.DHCP4_O_DHCP6_SERVER, OptionCode.INFORMATION_REFRESH_TIME, OptionCode.INF_MAX_RT)));
    }

    @Override
    ClientCounter receive(Message.Direct message, Octets server) {
        if (!message.type().equals(MessageType.REPLY)) {
            return ClientCounter.DROP_MESSAGE_TYPE;
        }
        Optional<Option.Dhcp4oDhcp6Server> servers = message.options().first(Option.Dhcp4oDhcp6Server.class);
        if (servers.isEmpty()) {
            // Another server of the link may know better; the first time is theirs.
            denied = true;
            if (firstTimeIsOver) {
                deny();
            }
            return ClientCounter.RECEIVED_ANSWER;
        }
        // "The client MUST ignore any but the first instance of each address" (RFC 7341 section 12).
        List<Ipv6Address> addresses = servers.get().addresses().stream()
                .filter(address ->
                        address.isRoutableUnicast() || address.equals(Ipv6Address.ALL_DHCP_RELAY_AGENTS_AND_SERVERS))
                .distinct()
                .limit(MOST_SERVERS)
                .toList();
        if (addresses.isEmpty() && !servers.get().addresses().isEmpty()) {
            core().putOff("its DHCPv4-over-DHCPv6 servers cannot be reached from here: "
                    + servers.get().addresses());
            return ClientCounter.DROP_UNUSABLE;
        }
        dhcp4.serversAre(addresses, sentAs().link(), refreshTime(message));
        conversation.goOn(question.get());
        return ClientCounter.RECEIVED_ANSWER;
    }

    private static Duration refreshTime(Message.Direct message) {
        Duration time = message.options()
                .first(Option.InformationRefreshTime.class)
                .map(option -> Duration.ofSeconds(option.seconds()))
                .orElse(REFRESH);
        return time.compareTo(LEAST_REFRESH) < 0 ? LEAST_REFRESH : time;
    }

    @Override
    boolean timeIsOver() {
        firstTimeIsOver = true;
        if (denied) {
            deny();
        }
        return denied;
    }

    private void deny() {
        dhcp4.noServers();
        core().fine();
        conversation
                .result()
                .completeExceptionally(new LeaseRefusedException(
                        "the DHCPv6 server says that there is no DHCPv4 over DHCPv6 here (no option 88)", false));
    }

    @Override
    void givenUp() {
        throw new IllegalStateException("an Information-request is never given up (MRC 0, MRD 0)");
    }
}
