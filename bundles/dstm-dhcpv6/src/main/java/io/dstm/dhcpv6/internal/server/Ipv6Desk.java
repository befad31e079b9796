package io.dstm.dhcpv6.internal.server;

import io.dstm.api.ipv6.Ipv6Decision;
import io.dstm.api.ipv6.Ipv6Decision.Granted;
import io.dstm.api.ipv6.Ipv6Decision.Reason;
import io.dstm.api.ipv6.Ipv6Decision.Refused;
import io.dstm.api.ipv6.Ipv6LeaseKind;
import io.dstm.api.ipv6.Ipv6LeaseService;
import io.dstm.api.ipv6.Ipv6Link;
import io.dstm.api.ipv6.Ipv6Request;
import io.dstm.api.lease.ClientId;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.codec.Option.Association;
import io.dstm.dhcpv6.internal.codec.Option.IaAddress;
import io.dstm.dhcpv6.internal.codec.Option.IaNa;
import io.dstm.dhcpv6.internal.codec.Option.IaPd;
import io.dstm.dhcpv6.internal.codec.Option.IaPrefix;
import io.dstm.dhcpv6.internal.codec.Option.IaTa;
import io.dstm.dhcpv6.internal.codec.Options;
import io.dstm.dhcpv6.internal.common.DefectLog;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What becomes of IA_NA and IA_PD (RFC 8415 section 18.3), if this server lends IPv6 on the client's link. Where it does not, or as
 * long as there is no service that does, this answers for no IA, and the protocol refuses them.
 */
final class Ipv6Desk {

    private static final Logger log = LoggerFactory.getLogger(Ipv6Desk.class);

    /** More IAs than a node has interfaces to use them on; bounds what one message costs. */
    private static final int MOST_ASSOCIATIONS = 8;

    private final DefectLog defects = new DefectLog(
            log, "DSTM-4130 The service of IPv6 leases failed, clients are told to try later. Please report this.");

    private volatile @Nullable Ipv6LeaseService service;

    /** What a client wants of an IA. */
    enum Want {
        OFFER,
        /** A lease in answer to a Solicit, where what the client names is a hint. */
        RAPID,
        LEASE,
        RENEW,
        /** As RENEW from any server; creates nothing. */
        REBIND,
        /** As REBIND, but may create what this server lost. */
        REBIND_OR_CREATE
    }

    /**
     * A decision about an IA.
     *
     * @param withGone whether what the client must give up is shown to it
     */
    record Part(Association ia, Ipv6Decision decision, boolean withGone) {}

    /** Lends with {@code newService} from now on; {@code null} for none. */
    void use(@Nullable Ipv6LeaseService newService) {
        service = newService;
    }

    private @Nullable Ipv6LeaseService serviceOn(Ipv6Link link) {
        Ipv6LeaseService known = service;
        return known != null && known.serves(link) ? known : null;
    }

    /** The decisions about what this server answers for; an IA that is missing is not its business. */
    CompletionStage<List<Part>> lend(Options options, Octets duid, Ipv6Link link, Want want) {
        Ipv6LeaseService known = serviceOn(link);
        if (known == null) {
            return CompletableFuture.completedFuture(List.of());
        }
        List<CompletableFuture<Optional<Part>>> parts = new ArrayList<>(1);
        for (Association ia : options.listOf(Association.class)) {
            Ipv6LeaseKind kind = kindOf(ia);
            if (kind == null) {
                continue;
            }
            if (parts.size() >= MOST_ASSOCIATIONS) {
                parts.add(
                        part(ia, new Refused(Reason.CLIENT_LIMIT, "at most " + MOST_ASSOCIATIONS + " IAs a message")));
                continue;
            }
            Ipv6Request request = new Ipv6Request(ClientId.ofDuid(duid.toBytes(), ia.iaid()), kind, link, contents(ia));
            parts.add(decide(known, ia, request, want));
        }
        return Stages.all(parts, decided -> {
            List<Part> here = new ArrayList<>(decided.size());
            decided.forEach(part -> part.ifPresent(here::add));
            return here;
        });
    }

    private static CompletableFuture<Optional<Part>> part(Association ia, Ipv6Decision decision) {
        return CompletableFuture.completedFuture(Optional.of(new Part(ia, decision, false)));
    }

    private CompletableFuture<Optional<Part>> decide(
            Ipv6LeaseService known, Association ia, Ipv6Request request, Want want) {
        if (want == Want.OFFER) {
            return asked(ia, request, known::offer, false);
        }
        if (want == Want.RAPID) {
            return asked(ia, request, known::allocate, false);
        }
        if (want == Want.LEASE) {
            // "the server MUST return the IA to the client with a Status Code option with the value NotOnLink" (RFC
            // 8415 section 18.3.2); prefixes are hints.
            return request.kind() == Ipv6LeaseKind.ADDRESS && isMisplaced(known, request)
                    ? part(ia, new Refused(Reason.NOT_ON_LINK, "an address does not belong on this link"))
                    : asked(ia, request, known::allocate, false);
        }
        boolean bound = known.leaseOf(request.client(), request.kind()).isPresent();
        // A client adds to its Renew what it has not got yet (RFC 8415 section 18.2.4), so a Renew may create.
        if (bound || want == Want.RENEW) {
            return asked(ia, request, bound ? known::renew : known::allocate, true);
        }
        List<Ipv6Prefix> strange = request.wishes().stream()
                .filter(wish -> !wish.address().isUnspecified())
                .filter(wish -> !known.isLendable(request.link(), request.kind(), wish))
                .toList();
        if (!strange.isEmpty()) {
            Refused gone = new Refused(Reason.NO_BINDING, "this does not belong on this link", strange);
            return CompletableFuture.completedFuture(Optional.of(new Part(ia, gone, true)));
        }
        // What it holds, if anything, is of this server's pools: nobody else can know better.
        boolean ours =
                request.wishes().stream().anyMatch(wish -> !wish.address().isUnspecified());
        if (want == Want.REBIND_OR_CREATE) {
            return asked(ia, request, known::allocate, true);
        }
        return ours
                ? part(ia, new Refused(Reason.NO_BINDING, "this server has no such lease"))
                : CompletableFuture.completedFuture(Optional.empty());
    }

    private static boolean isMisplaced(Ipv6LeaseService known, Ipv6Request request) {
        for (Ipv6Prefix wish : request.wishes()) {
            if (!wish.address().isUnspecified()
                    && !known.onLink(request.link(), wish.address()).orElse(true)) {
                return true;
            }
        }
        return false;
    }

    private CompletableFuture<Optional<Part>> asked(
            Association ia,
            Ipv6Request request,
            Function<Ipv6Request, CompletionStage<Ipv6Decision>> question,
            boolean withGone) {
        CompletionStage<Ipv6Decision> stage;
        try {
            stage = question.apply(request);
        } catch (RuntimeException defect) {
            stage = CompletableFuture.failedFuture(defect);
        }
        return stage.handle((decision, problem) -> {
                    if (problem == null) {
                        return Optional.of(new Part(ia, decision, withGone));
                    }
                    defects.report(problem);
                    return Optional.of(new Part(
                            ia, new Refused(Reason.STORE_UNAVAILABLE, "the server has an internal problem"), false));
                })
                .toCompletableFuture();
    }

    /** Takes back what an IA names; whether the IA had it. */
    CompletionStage<Boolean> release(Association ia, Octets duid) {
        Ipv6LeaseKind kind = kindOf(ia);
        Ipv6LeaseService known = service;
        return known == null || kind == null
                ? CompletableFuture.completedFuture(false)
                : known.release(ClientId.ofDuid(duid.toBytes(), ia.iaid()), kind, contents(ia));
    }

    /** Takes back what an IA names because it is in use; whether the IA had it. Prefixes cannot be declined. */
    CompletionStage<Boolean> decline(Association ia, Octets duid) {
        Ipv6LeaseService known = service;
        return known == null || !(ia instanceof IaNa)
                ? CompletableFuture.completedFuture(false)
                : known.decline(ClientId.ofDuid(duid.toBytes(), ia.iaid()), contents(ia));
    }

    /** Whether the client has an address in the IA of this number. */
    boolean hasAddress(Octets duid, int iaid) {
        Ipv6LeaseService known = service;
        return known != null
                && known.leaseOf(ClientId.ofDuid(duid.toBytes(), iaid), Ipv6LeaseKind.ADDRESS)
                        .isPresent();
    }

    /**
     * Whether every address that a client names in its IA_NA and IA_TA belongs on its link; empty if one cannot be told, or there
     * is none.
     */
    Optional<Boolean> allOnLink(Options options, Ipv6Link link) {
        List<Ipv6Address> addresses = options.all(Association.class)
                .filter(ia -> ia instanceof IaNa || ia instanceof IaTa)
                .flatMap(ia -> ia.options().all(IaAddress.class))
                .map(IaAddress::address)
                .toList();
        Ipv6LeaseService known = serviceOn(link);
        if (addresses.isEmpty() || known == null) {
            return Optional.empty();
        }
        boolean all = true;
        for (Ipv6Address address : addresses) {
            Optional<Boolean> onLink = known.onLink(link, address);
            if (onLink.isEmpty()) {
                return Optional.empty();
            }
            all &= onLink.get();
        }
        return Optional.of(all);
    }

    /** Whether {@code address} was lent here and is not any more, or not to {@code client}. */
    boolean hasLost(Octets duid, Ipv6Address address) {
        Ipv6LeaseService known = service;
        return known != null
                && known.isPooled(address)
                && known.leaseOver(address)
                        .filter(lease -> lease.client()
                                .identity()
                                .equals(ClientId.ofDuid(duid.toBytes(), 0).identity()))
                        .isEmpty();
    }

    /** Adds what clients on the link are told, as far as they ask for it. */
    void tell(AnswerBuilder answer, Ipv6Link link, boolean toInformationRequest) {
        Ipv6LeaseService known = serviceOn(link);
        if (known != null) {
            ConfigOptions.write(known.options(link), answer, toInformationRequest);
        }
    }

    /** The address that was granted first; {@code null} if none was. */
    static @Nullable Ipv6Address firstAddress(List<Part> parts) {
        for (Part part : parts) {
            if (part.decision() instanceof Granted granted && granted.lease().kind() == Ipv6LeaseKind.ADDRESS) {
                return granted.lease().address();
            }
        }
        return null;
    }

    private static @Nullable Ipv6LeaseKind kindOf(Association ia) {
        return ia instanceof IaNa ? Ipv6LeaseKind.ADDRESS : ia instanceof IaPd ? Ipv6LeaseKind.PREFIX : null;
    }

    private static List<Ipv6Prefix> contents(Association ia) {
        List<Ipv6Prefix> contents = new ArrayList<>(1);
        if (ia instanceof IaPd) {
            for (IaPrefix prefix : ia.options().listOf(IaPrefix.class)) {
                contents.add(prefix.prefix());
            }
        } else {
            for (IaAddress address : ia.options().listOf(IaAddress.class)) {
                contents.add(new Ipv6Prefix(address.address(), 128));
            }
        }
        return contents;
    }
}
