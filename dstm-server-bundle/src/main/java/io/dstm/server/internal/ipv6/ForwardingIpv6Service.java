package io.dstm.server.internal.ipv6;

import io.dstm.api.ipv6.Ipv6Decision;
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
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** Passes every call on, so that a component can be the service without being the engine. */
public abstract class ForwardingIpv6Service implements Ipv6LeaseService {

    private final Ipv6LeaseService service;

    /** Passes calls on to {@code service}. */
    protected ForwardingIpv6Service(Ipv6LeaseService service) {
        this.service = service;
    }

    @Override
    public CompletionStage<Ipv6Decision> offer(Ipv6Request request) {
        return service.offer(request);
    }

    @Override
    public CompletionStage<Ipv6Decision> allocate(Ipv6Request request) {
        return service.allocate(request);
    }

    @Override
    public CompletionStage<Ipv6Decision> renew(Ipv6Request request) {
        return service.renew(request);
    }

    @Override
    public CompletionStage<Boolean> release(ClientId client, Ipv6LeaseKind kind, List<Ipv6Prefix> prefixes) {
        return service.release(client, kind, prefixes);
    }

    @Override
    public CompletionStage<Boolean> decline(ClientId client, List<Ipv6Prefix> addresses) {
        return service.decline(client, addresses);
    }

    @Override
    public CompletionStage<Ipv6Decision> adopt(Ipv6Lease lease) {
        return service.adopt(lease);
    }

    @Override
    public boolean serves(Ipv6Link link) {
        return service.serves(link);
    }

    @Override
    public Optional<Boolean> onLink(Ipv6Link link, Ipv6Address address) {
        return service.onLink(link, address);
    }

    @Override
    public boolean isLendable(Ipv6Link link, Ipv6LeaseKind kind, Ipv6Prefix prefix) {
        return service.isLendable(link, kind, prefix);
    }

    @Override
    public Ipv6Options options(Ipv6Link link) {
        return service.options(link);
    }

    @Override
    public Optional<Ipv6Lease> leaseOf(ClientId client, Ipv6LeaseKind kind) {
        return service.leaseOf(client, kind);
    }

    @Override
    public Optional<Ipv6Lease> leaseOver(Ipv6Address address) {
        return service.leaseOver(address);
    }

    @Override
    public boolean isPooled(Ipv6Address address) {
        return service.isPooled(address);
    }

    @Override
    public void forEachLease(Consumer<Ipv6Lease> visitor) {
        service.forEachLease(visitor);
    }

    @Override
    public List<Ipv6PoolStatus> pools() {
        return service.pools();
    }
}
