package io.dstm.server.internal.engine;

import io.dstm.api.lease.AllocationRequest;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.LatencyHistogram;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseDecision;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseService;
import io.dstm.api.lease.PoolStatus;
import io.dstm.api.net.Ipv6Address;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Passes every call on, so that a component can be the service without being the engine. */
public abstract class ForwardingLeaseService implements LeaseService {

    private final LeaseService service;

    /** Passes calls on to {@code service}. */
    protected ForwardingLeaseService(LeaseService service) {
        this.service = service;
    }

    @Override
    public CompletionStage<LeaseDecision> offer(AllocationRequest request) {
        return service.offer(request);
    }

    @Override
    public CompletionStage<LeaseDecision> allocate(AllocationRequest request) {
        return service.allocate(request);
    }

    @Override
    public CompletionStage<LeaseDecision> renew(AllocationRequest request) {
        return service.renew(request);
    }

    @Override
    public CompletionStage<Boolean> release(ClientId client, @Nullable LeaseKey key) {
        return service.release(client, key);
    }

    @Override
    public CompletionStage<Boolean> decline(ClientId client, @Nullable LeaseKey key) {
        return service.decline(client, key);
    }

    @Override
    public CompletionStage<Boolean> revoke(ClientId client, @Nullable LeaseKey key) {
        return service.revoke(client, key);
    }

    @Override
    public Optional<LatencyHistogram> allocationTimes() {
        return service.allocationTimes();
    }

    @Override
    public CompletionStage<LeaseDecision> adopt(Lease lease) {
        return service.adopt(lease);
    }

    @Override
    public boolean isTunnelSourceTaken(Ipv6Address source, ClientId client) {
        return service.isTunnelSourceTaken(source, client);
    }

    @Override
    public CompletionStage<Boolean> resync(String tep) {
        return service.resync(tep);
    }

    @Override
    public Optional<Lease> leaseOf(ClientId client) {
        return service.leaseOf(client);
    }

    @Override
    public void forEachLease(Consumer<Lease> visitor) {
        service.forEachLease(visitor);
    }

    @Override
    public void forEachLease(Predicate<? super LeaseKey> wanted, Consumer<Lease> visitor) {
        service.forEachLease(wanted, visitor);
    }

    @Override
    public void forEachLeaseOf(Collection<LeaseKey> keys, Consumer<Lease> visitor) {
        service.forEachLeaseOf(keys, visitor);
    }

    @Override
    public List<PoolStatus> pools() {
        return service.pools();
    }

    @Override
    public List<Ipv6Address> tunnelAddresses() {
        return service.tunnelAddresses();
    }
}
