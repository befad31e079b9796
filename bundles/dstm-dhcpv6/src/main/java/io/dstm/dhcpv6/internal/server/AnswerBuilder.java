package io.dstm.dhcpv6.internal.server;

import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.Option.Association;
import io.dstm.dhcpv6.internal.codec.Option.IaDstm;
import io.dstm.dhcpv6.internal.codec.Option.IaNa;
import io.dstm.dhcpv6.internal.codec.Option.IaPd;
import io.dstm.dhcpv6.internal.codec.Option.IaTa;
import io.dstm.dhcpv6.internal.codec.OptionCode;
import io.dstm.dhcpv6.internal.codec.Options;
import io.dstm.dhcpv6.internal.codec.Status;
import java.util.ArrayList;
import java.util.List;

/** Puts an Advertise or Reply together: both identifiers first (RFC 8415 sections 18.3.2 and 18.3.9), the rest as it comes. */
final class AnswerBuilder {

    private final Message.Direct question;
    private final MessageType type;
    private final List<Option> options = new ArrayList<>();

    AnswerBuilder(ServerContext server, Message.Direct question, MessageType type, Octets client) {
        this.question = question;
        this.type = type;
        options.add(new Option.ServerId(server.duid()));
        options.add(new Option.ClientId(client));
        showDhcp4o6(server);
    }

    private AnswerBuilder(ServerContext server, Message.Direct question) {
        this.question = question;
        this.type = MessageType.REPLY;
        options.add(new Option.ServerId(server.duid()));
        showDhcp4o6(server);
    }

    /** Without an address: clients ask by multicast, or their relay does for them (RFC 7341 section 9). */
    private void showDhcp4o6(ServerContext server) {
        if (server.settings().dhcp4o6() && question.options().requests(OptionCode.DHCP4_O_DHCP6_SERVER)) {
            options.add(new Option.Dhcp4oDhcp6Server(List.of()));
        }
    }

    /** A Reply to who did not say who it is (RFC 8415 section 18.3.6). */
    static AnswerBuilder anonymous(ServerContext server, Message.Direct question) {
        return new AnswerBuilder(server, question);
    }

    Options asked() {
        return question.options();
    }

    AnswerBuilder with(Option option) {
        options.add(option);
        return this;
    }

    /** Adds {@code association} with nothing in it but the reason. */
    void refuse(Association association, Status status, String text) {
        Options why = Options.of(new Option.StatusCode(status, text));
        int iaid = association.iaid();
        if (association instanceof IaDstm) {
            options.add(new IaDstm(iaid, 0, 0, why));
        } else if (association instanceof IaPd) {
            options.add(new IaPd(iaid, 0, 0, why));
        } else if (association instanceof IaNa) {
            options.add(new IaNa(iaid, 0, 0, why));
        } else {
            options.add(new IaTa(iaid, why));
        }
    }

    Message.Direct build() {
        return new Message.Direct(type, question.transactionId(), new Options(options));
    }
}
