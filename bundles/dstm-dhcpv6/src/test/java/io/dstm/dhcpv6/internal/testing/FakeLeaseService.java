package io.dstm.dhcpv6.internal.testing;

import io.dstm.api.lease.AllocationRequest;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseDecision;
import io.dstm.api.lease.LeaseDecision.Granted;
import io.dstm.api.lease.LeaseDecision.Reason;
import io.dstm.api.lease.LeaseDecision.Refused;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseService;
import io.dstm.api.lease.LeaseState;
import io.dstm.api.lease.PoolStatus;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import io.dstm.api.net.PortSet;
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
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Lends 192.0.2.1, .2, ... or port sets of 192.0.2.1, and answers after a while of virtual time. */
public final class FakeLeaseService implements LeaseService {

    public static final Ipv6Address TEP = Ipv6Address.parse("2001:db8::1");
    public static final Ipv6Prefix BIND_PREFIX = Ipv6Prefix.parse("2001:db8:1::/64");
    private static final Ipv4Range RANGE = Ipv4Range.parse("192.0.2.0/24");

    private final VirtualTime time;
    public final Map<ClientId, Lease> leases = new LinkedHashMap<>();
    private final Map<ClientId, Lease> offers = new LinkedHashMap<>();
    public final List<AllocationRequest> requests = new ArrayList<>();
    public final List<String> calls = new ArrayList<>();

    /** How long each answer takes. */
    public Duration delay = Duration.ofMillis(5);

    public Duration valid = Duration.ofHours(1);
    public boolean renewable = true;
    public int psidLength;
    public int psidOffset;
    public @Nullable Reason refusal;
    public boolean hasPool = true;
    public boolean broken;
    public boolean hasBindPrefix = true;
    private int next = 1;

    public FakeLeaseService(VirtualTime time) {
        this.time = time;
    }

    @Override
    public CompletionStage<LeaseDecision> offer(AllocationRequest request) {
        return later("offer", request, () -> {
            if (sourceless(request)) {
                return new Refused(Reason.NO_TUNNEL_SOURCE, "no tunnel source");
            }
            Lease lease = leaseFor(request);
            offers.put(request.client(), lease);
            return granted(lease);
        });
    }

    @Override
    public CompletionStage<LeaseDecision> allocate(AllocationRequest request) {
        return later("allocate", request, () -> {
            if (sourceless(request)) {
                return new Refused(Reason.NO_TUNNEL_SOURCE, "no tunnel source");
            }
            Lease lease = leaseFor(request);
            if (request.tunnelSource() != null) {
                lease = lease.movedTo(request.tunnelSource());
            }
            leases.put(request.client(), lease);
            return granted(lease);
        });
    }

    @Override
    public CompletionStage<LeaseDecision> renew(AllocationRequest request) {
        return later("renew", request, () -> {
            Lease lease = leases.get(request.client());
            if (lease == null || request.wish() != null && !request.wish().equals(lease.key())) {
                return new Refused(Reason.NO_LEASE, "no such lease");
            }
            if (!renewable) {
                return new Refused(Reason.NOT_RENEWABLE, "leases of this pool are not prolonged");
            }
            Lease renewed = lease.to(LeaseState.ACTIVE, until());
            if (request.tunnelSource() != null) {
                renewed = renewed.movedTo(request.tunnelSource());
            }
            leases.put(request.client(), renewed);
            return granted(renewed);
        });
    }

    @Override
    public CompletionStage<Boolean> release(ClientId client, @Nullable LeaseKey key) {
        calls.add("release");
        return after(() -> takeBack(client, key));
    }

    @Override
    public CompletionStage<Boolean> decline(ClientId client, @Nullable LeaseKey key) {
        calls.add("decline");
        return after(() -> takeBack(client, key));
    }

    private boolean takeBack(ClientId client, @Nullable LeaseKey key) {
        Lease lease = leases.get(client);
        if (lease == null || key != null && !key.equals(lease.key())) {
            return false;
        }
        leases.remove(client);
        return true;
    }

    @Override
    public Optional<Lease> leaseOf(ClientId client) {
        return Optional.ofNullable(leases.get(client));
    }

    @Override
    public void forEachLease(Consumer<Lease> visitor) {
        leases.values().forEach(visitor);
    }

    @Override
    public List<PoolStatus> pools() {
        return hasPool
                ? List.of(new PoolStatus("p", List.of(RANGE), psidLength, psidOffset, "tep", 256, 0, 0, 0, 0))
                : List.of();
    }

    @Override
    public List<Ipv6Address> tunnelAddresses() {
        return List.of(TEP);
    }

    private boolean sourceless(AllocationRequest request) {
        return request.tunnelSource() == null && !hasBindPrefix && !leases.containsKey(request.client());
    }

    private Lease leaseFor(AllocationRequest request) {
        Lease held = leases.getOrDefault(request.client(), offers.get(request.client()));
        if (held != null) {
            return held.to(LeaseState.ACTIVE, until());
        }
        LeaseKey key = psidLength == 0
                ? new LeaseKey(new Ipv4Address(0xC0000200 + next++), PortSet.FULL)
                : new LeaseKey(new Ipv4Address(0xC0000201), new PortSet(psidOffset, psidLength, 4 + next++));
        Ipv6Address source = request.tunnelSource() != null
                ? request.tunnelSource()
                : BIND_PREFIX.tunnelAddress(key.address(), key.ports());
        return new Lease(key, request.client(), source, TEP, "p", LeaseState.ACTIVE, time.instant(), until());
    }

    private Granted granted(Lease lease) {
        return new Granted(
                lease,
                valid,
                renewable ? valid.dividedBy(2) : valid,
                renewable ? valid.multipliedBy(4).dividedBy(5) : valid);
    }

    private Instant until() {
        return time.instant().plus(valid);
    }

    private CompletionStage<LeaseDecision> later(
            String call, AllocationRequest request, Supplier<LeaseDecision> decision) {
        calls.add(call);
        requests.add(request);
        if (broken) {
            throw new IllegalStateException("broken on purpose");
        }
        Reason reason = refusal;
        return after(() -> reason == null ? decision.get() : new Refused(reason, "refused on purpose"));
    }

    private <T> CompletionStage<T> after(Supplier<T> answer) {
        CompletableFuture<T> stage = new CompletableFuture<>();
        if (delay.isZero()) {
            stage.complete(answer.get());
        } else {
            time.after(delay, () -> stage.complete(answer.get()));
        }
        return stage;
    }
}
