package io.dstm.dhcpv6.internal.testing;

import io.dstm.api.ipv6.Ipv6Decision;
import io.dstm.api.ipv6.Ipv6Decision.Granted;
import io.dstm.api.ipv6.Ipv6Decision.Reason;
import io.dstm.api.ipv6.Ipv6Decision.Refused;
import io.dstm.api.ipv6.Ipv6Lease;
import io.dstm.api.ipv6.Ipv6LeaseKind;
import io.dstm.api.ipv6.Ipv6LeaseService;
import io.dstm.api.ipv6.Ipv6Link;
import io.dstm.api.ipv6.Ipv6Options;
import io.dstm.api.ipv6.Ipv6PoolStatus;
import io.dstm.api.ipv6.Ipv6Request;
import io.dstm.api.lease.ClientId;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Lends 2001:db8:2::1000, ::1001, ... and 2001:db8:8000::/56, ...:100::/56, ... on the link 2001:db8:2::/64. */
public final class FakeIpv6LeaseService implements Ipv6LeaseService {

    private static final Ipv6Prefix LINK = Ipv6Prefix.parse("2001:db8:2::/64");
    private static final Ipv6Prefix DELEGATED = Ipv6Prefix.parse("2001:db8:8000::/48");

    private record Holder(ClientId client, Ipv6LeaseKind kind) {}

    private final Map<Holder, Ipv6Lease> leases = new LinkedHashMap<>();
    public final List<String> calls = new ArrayList<>();
    public final List<Ipv6Link> links = new ArrayList<>();
    public Ipv6Options options = Ipv6Options.NONE;
    public @Nullable Reason refusal;
    public boolean serves = true;
    public boolean broken;
    private int next;

    @Override
    public CompletionStage<Ipv6Decision> offer(Ipv6Request request) {
        return answer("offer", request, false);
    }

    @Override
    public CompletionStage<Ipv6Decision> allocate(Ipv6Request request) {
        return answer("allocate", request, true);
    }

    @Override
    public CompletionStage<Ipv6Decision> renew(Ipv6Request request) {
        return answer("renew", request, true);
    }

    private CompletionStage<Ipv6Decision> answer(String call, Ipv6Request request, boolean commit) {
        calls.add(call + " " + request.kind());
        links.add(request.link());
        if (broken) {
            throw new IllegalStateException("broken");
        }
        if (refusal != null) {
            return CompletableFuture.completedFuture(new Refused(refusal, "no"));
        }
        Holder holder = new Holder(request.client(), request.kind());
        Ipv6Lease held = leases.get(holder);
        Ipv6Lease lease = held != null ? held : lease(request);
        if (commit) {
            leases.put(holder, lease);
        }
        boolean address = request.kind() == Ipv6LeaseKind.ADDRESS;
        List<Ipv6Prefix> gone = request.wishes().stream()
                .filter(wish -> !wish.address().isUnspecified() && !wish.equals(lease.prefix()))
                .toList();
        return CompletableFuture.completedFuture(new Granted(
                lease,
                Duration.ofSeconds(address ? 2000 : 4000),
                Duration.ofSeconds(address ? 3000 : 5000),
                Duration.ofSeconds(address ? 1000 : 2000),
                Duration.ofSeconds(address ? 1600 : 3200),
                gone));
    }

    private Ipv6Lease lease(Ipv6Request request) {
        int number = next++;
        Ipv6Prefix prefix = request.kind() == Ipv6LeaseKind.ADDRESS
                ? new Ipv6Prefix(new Ipv6Address(LINK.address().high(), 0x1000 + number), 128)
                : new Ipv6Prefix(new Ipv6Address(DELEGATED.address().high() + 0x100L * number, 0), 56);
        return new Ipv6Lease(
                prefix,
                request.client(),
                request.kind(),
                "fake",
                false,
                Instant.EPOCH,
                Instant.EPOCH.plusSeconds(2000),
                Instant.EPOCH.plusSeconds(3000));
    }

    @Override
    public CompletionStage<Boolean> release(ClientId client, Ipv6LeaseKind kind, List<Ipv6Prefix> prefixes) {
        calls.add("release " + kind);
        return CompletableFuture.completedFuture(takeBack(client, kind, prefixes));
    }

    @Override
    public CompletionStage<Boolean> decline(ClientId client, List<Ipv6Prefix> addresses) {
        calls.add("decline");
        return CompletableFuture.completedFuture(takeBack(client, Ipv6LeaseKind.ADDRESS, addresses));
    }

    private boolean takeBack(ClientId client, Ipv6LeaseKind kind, List<Ipv6Prefix> prefixes) {
        Holder holder = new Holder(client, kind);
        Ipv6Lease held = leases.get(holder);
        return held != null && prefixes.contains(held.prefix()) && leases.remove(holder, held);
    }

    @Override
    public boolean serves(Ipv6Link link) {
        return serves;
    }

    @Override
    public Optional<Boolean> onLink(Ipv6Link link, Ipv6Address address) {
        return serves ? Optional.of(LINK.contains(address)) : Optional.empty();
    }

    @Override
    public boolean isLendable(Ipv6Link link, Ipv6LeaseKind kind, Ipv6Prefix prefix) {
        return serves && (kind == Ipv6LeaseKind.ADDRESS ? LINK : DELEGATED).contains(prefix);
    }

    @Override
    public Ipv6Options options(Ipv6Link link) {
        return options;
    }

    @Override
    public Optional<Ipv6Lease> leaseOf(ClientId client, Ipv6LeaseKind kind) {
        return Optional.ofNullable(leases.get(new Holder(client, kind)));
    }

    @Override
    public Optional<Ipv6Lease> leaseOver(Ipv6Address address) {
        return leases.values().stream()
                .filter(lease -> lease.prefix().contains(address))
                .findFirst();
    }

    @Override
    public boolean isPooled(Ipv6Address address) {
        return LINK.contains(address) || DELEGATED.contains(address);
    }

    @Override
    public void forEachLease(Consumer<Ipv6Lease> visitor) {
        leases.values().forEach(visitor);
    }

    @Override
    public List<Ipv6PoolStatus> pools() {
        return List.of();
    }
}
