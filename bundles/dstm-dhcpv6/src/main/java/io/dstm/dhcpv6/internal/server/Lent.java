package io.dstm.dhcpv6.internal.server;

import io.dstm.api.ipv6.Ipv6Decision;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseDecision;
import io.dstm.api.lease.LeaseDecision.Granted;
import io.dstm.api.lease.LeaseDecision.Reason;
import io.dstm.api.lease.LeaseDecision.Refused;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet.PortRange;
import io.dstm.dhcpv6.internal.codec.Lw4o6;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.Option.Association;
import io.dstm.dhcpv6.internal.codec.Option.IaAddress;
import io.dstm.dhcpv6.internal.codec.Option.IaDstm;
import io.dstm.dhcpv6.internal.codec.Option.IaPd;
import io.dstm.dhcpv6.internal.codec.OptionCode;
import io.dstm.dhcpv6.internal.codec.Options;
import io.dstm.dhcpv6.internal.codec.PortRanges;
import io.dstm.dhcpv6.internal.codec.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a lending message gets, ready to be written into its answer.
 *
 * @param parts a decision for each IA_DSTM, or the one for the container
 * @param container whether the client asked for the lw4o6 container
 * @param others what to say of IAs for addresses and prefixes that {@code ipv6} says nothing of
 * @param ipv6 decisions about IAs for addresses and prefixes
 */
record Lent(List<Part> parts, boolean container, Others others, List<Ipv6Desk.Part> ipv6) {

    /**
     * A decision.
     *
     * @param ia the IA_DSTM it is for; {@code null} for the container
     * @param decision the decision; empty for silence
     */
    record Part(@Nullable IaDstm ia, Optional<LeaseDecision> decision) {}

    /** What becomes of IAs for addresses and prefixes. */
    enum Others {
        /** NoAddrsAvail or NoPrefixAvail in each. */
        NOTHING_AVAILABLE,
        /** NoBinding in each. */
        NO_BINDING,
        /** They are left out. */
        SILENCE
    }

    /** Whether there is a lease in it. */
    boolean anyGranted() {
        return !granted().isEmpty() || !ipv6Granted().isEmpty();
    }

    /** Whether there is nothing in it to tell the client. */
    boolean silent() {
        boolean noDecision = parts.stream().allMatch(part -> part.decision().isEmpty());
        return noDecision && others == Others.SILENCE && ipv6.isEmpty();
    }

    private List<Granted> granted() {
        List<Granted> granted = new ArrayList<>(parts.size());
        for (Part part : parts) {
            if (part.decision().orElse(null) instanceof Granted yes) {
                granted.add(yes);
            }
        }
        return granted;
    }

    /** Adds it to an answer. */
    Answer write(AnswerBuilder answer) {
        // "The T1/T2 times set in each applicable IA option for a Reply MUST be the same values across all IAs."
        List<Granted> granted = granted();
        long t1 = Long.MAX_VALUE;
        long t2 = Long.MAX_VALUE;
        for (Granted one : granted) {
            t1 = Math.min(t1, WireTime.seconds(one.renewAfter()));
            t2 = Math.min(t2, WireTime.seconds(one.rebindAfter()));
        }
        for (Ipv6Decision.Granted one : ipv6Granted()) {
            t1 = Math.min(t1, WireTime.seconds(one.renewAfter()));
            t2 = Math.min(t2, WireTime.seconds(one.rebindAfter()));
        }
        for (Part part : parts) {
            IaDstm ia = part.ia();
            if (ia == null || part.decision().isEmpty()) {
                continue;
            }
            LeaseDecision decision = part.decision().get();
            if (decision instanceof Granted yes) {
                answer.with(new IaDstm(ia.iaid(), t1, t2, content(yes)));
            } else if (decision instanceof Refused refused) {
                answer.refuse(ia, status(refused.reason()), refused.message());
            }
        }
        for (Ipv6Desk.Part part : ipv6) {
            Ipv6Content.write(part, t1, t2, answer);
        }
        for (Association ia : answer.asked().listOf(Association.class)) {
            if (!isDecided(ia)) {
                refuseOther(ia, answer);
            }
        }
        if (container && !granted.isEmpty()) {
            writeContainer(granted.get(0).lease(), answer);
        }
        return new Answer.Send(answer.build());
    }

    private List<Ipv6Decision.Granted> ipv6Granted() {
        List<Ipv6Decision.Granted> granted = new ArrayList<>(ipv6.size());
        for (Ipv6Desk.Part part : ipv6) {
            if (part.decision() instanceof Ipv6Decision.Granted yes) {
                granted.add(yes);
            }
        }
        return granted;
    }

    private boolean isDecided(Association ia) {
        for (Ipv6Desk.Part part : ipv6) {
            // The same IA, not one that is equal.
            if (part.ia() == ia) {
                return true;
            }
        }
        return false;
    }

    private static Options content(Granted granted) {
        Lease lease = granted.lease();
        long valid = WireTime.seconds(granted.valid());
        List<Option> content = new ArrayList<>();
        content.add(new IaAddress(Ipv6Address.mapped(lease.address()), valid, valid, Options.NONE));
        content.add(new Option.DstmTep(lease.tunnelAddress()));
        for (PortRange range : PortRanges.of(lease.ports())) {
            content.add(new Option.DstmPorts(range));
        }
        return new Options(content);
    }

    private static void writeContainer(Lease lease, AnswerBuilder answer) {
        answer.with(Lw4o6.container(lease.key(), lease.tunnelSource(), lease.tunnelAddress()));
        if (answer.asked().requests(OptionCode.S46_PRIORITY)) {
            answer.with(new Option.S46Priority(List.of(OptionCode.S46_CONT_LW)));
        }
    }

    private void refuseOther(Association ia, AnswerBuilder answer) {
        if (ia instanceof IaDstm) {
            return;
        }
        switch (others) {
            case NOTHING_AVAILABLE -> {
                if (ia instanceof IaPd) {
                    answer.refuse(ia, Status.NO_PREFIX_AVAIL, "this server delegates no prefixes");
                } else {
                    answer.refuse(ia, Status.NO_ADDRS_AVAIL, "this server lends no IPv6 addresses");
                }
            }
            case NO_BINDING -> answer.refuse(ia, Status.NO_BINDING, "this server has no such lease");
            case SILENCE -> {}
            default -> throw new AssertionError(others);
        }
    }

    /** The status that makes a client do what helps: give up, ask anew, or try again later. */
    static Status status(Reason reason) {
        return switch (reason) {
            case POOL_EXHAUSTED, LIMIT_REACHED, NO_POOL, NO_TUNNEL_SOURCE, TUNNEL_SOURCE_TAKEN, NOT_RENEWABLE ->
                Status.NO_ADDRS_AVAIL;
            case NO_LEASE -> Status.NO_BINDING;
            case TEP_UNAVAILABLE, STORE_UNAVAILABLE, BUSY -> Status.UNSPEC_FAIL;
        };
    }
}
